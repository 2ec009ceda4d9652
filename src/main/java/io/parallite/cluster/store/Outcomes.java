package io.parallite.cluster.store;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import java.util.ArrayList;
import java.util.List;

/** Encodes results for Redis: a worker's reply with its signature, or a kind and a message. */
final class Outcomes {

    private final Signer signer;
    private final int maxPayload;

    /**
     * An encoder that signs with {@code signer}.
     *
     * @param maxPayload bytes of the longest reply that is stored
     */
    Outcomes(Signer signer, int maxPayload) {
        this.signer = signer;
        this.maxPayload = maxPayload;
    }

    /** The state of the task after {@code result}, and the fields of the outcome. */
    List<Object> fields(TaskId id, TaskResult result) {
        return switch (result) {
            case TaskResult.Replied(byte[] frame, boolean ok) when frame.length <= maxPayload ->
                    new ArrayList<>(
                            List.of(
                                    ok ? "completed" : "failed",
                                    "ok",
                                    ok ? "1" : "0",
                                    "result",
                                    frame,
                                    "rmac",
                                    signer.ofResult(id, frame)));
            case TaskResult.Replied(byte[] frame, boolean ignored) ->
                    failure(
                            FailureKind.RESULT_TOO_LARGE,
                            "the result of %d bytes exceeds cluster_max_payload_bytes=%d; return less, or raise it on all nodes"
                                    .formatted(frame.length, maxPayload));
            case TaskResult.Failed(FailureKind kind, String message) -> failure(kind, message);
        };
    }

    private static List<Object> failure(FailureKind kind, String message) {
        return List.of("failed", "ok", "0", "kind", kind.name(), "error", message);
    }

    /** Decodes the result in these fields of a task, and verifies its signature. */
    TaskResult read(TaskId id, OutcomeFields outcome) {
        byte[] frame = outcome.result();
        if (frame == null) {
            return new TaskResult.Failed(kind(outcome.kind()), outcome.error());
        }
        if (!Signer.matches(signer.ofResult(id, frame), outcome.signature())) {
            return new TaskResult.Failed(
                    FailureKind.INVALID_SIGNATURE,
                    "the result in Redis is not signed with this cluster's secret; use the same cluster_secret_file on all nodes");
        }
        return new TaskResult.Replied(frame, outcome.ok());
    }

    private static FailureKind kind(String name) {
        try {
            return FailureKind.valueOf(name);
        } catch (IllegalArgumentException e) {
            return FailureKind.INTERNAL; // a newer node has written it
        }
    }
}
