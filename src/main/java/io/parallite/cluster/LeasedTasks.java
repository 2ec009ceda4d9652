package io.parallite.cluster;

import io.parallite.cluster.store.Claimed;
import io.parallite.cluster.store.ClusterSettings;
import io.parallite.cluster.store.Lease;
import io.parallite.cluster.store.Links;
import io.parallite.cluster.store.Signer;
import io.parallite.cluster.store.TaskStore;
import io.parallite.task.FailureKind;
import io.parallite.task.Retries;
import io.parallite.task.Task;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.wire.Encoding;
import io.parallite.wire.Request;
import io.parallite.wire.RequestException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that this node runs for the cluster, each under its {@link Lease}.
 *
 * <p>A task is held from its claim to its end or the loss of its lease; a result after that is
 * dropped. Owned by the engine's thread.
 */
final class LeasedTasks {

    private static final Logger LOG = Logger.getLogger(LeasedTasks.class);

    private static final TaskResult NODE_STOPPED =
            new TaskResult.Failed(
                    FailureKind.NODE_LOST,
                    "the node that ran the task has stopped; the task may have had effects and is not run again");

    private final LocalTasks local;
    private final TaskStore store;
    private final ClusterSettings settings;
    private final Outbox outbox;
    private final ExecutorLinks links;
    private final Runnable onEnded;
    private final Map<TaskId, Lease> leases = new LinkedHashMap<>();
    private long claimed;
    private long lost;

    /**
     * None yet.
     *
     * @param onEnded called when one has left its worker
     */
    LeasedTasks(
            LocalTasks local,
            TaskStore store,
            ClusterSettings settings,
            Outbox outbox,
            ExecutorLinks links,
            Runnable onEnded) {
        this.local = local;
        this.store = store;
        this.settings = settings;
        this.outbox = outbox;
        this.links = links;
        this.onEnded = onEnded;
    }

    /** Runs a claimed task, if it is signed by this cluster. */
    void run(Claimed task) {
        claimed++;
        Lease lease = task.lease();
        byte[] expected = settings.signer().ofTask(lease.id(), settings.release(), task.frame());
        if (!Signer.matches(expected, task.signature())) {
            LOG.errorf("a task with a wrong signature is not run task=%s", lease.id());
            bury(
                    lease,
                    FailureKind.INVALID_SIGNATURE,
                    "the task is not signed with this cluster's secret; use the same cluster_secret_file on all nodes");
            return;
        }
        Task request = request(task);
        if (request == null) {
            bury(
                    lease,
                    FailureKind.INVALID_REQUEST,
                    "the task has a format that this version does not know");
            return;
        }
        leases.put(lease.id(), lease);
        local.run(request)
                .subscribe()
                .with(result -> onResult(lease, request.terms().delivery().retries(), result));
        if (leases.containsKey(lease.id())) {
            links.begin(lease, task.links());
        }
    }

    private void bury(Lease lease, FailureKind kind, String message) {
        store.bury(lease, kind, message)
                .subscribe()
                .with(
                        done -> {},
                        failure -> LOG.warnf("%s task=%s", failure.getMessage(), lease.id()));
    }

    private static @Nullable Task request(Claimed task) {
        try {
            return Encoding.of(task.frame()).decode(task.frame()) instanceof Request.Submit submit
                            && submit.task().id().equals(task.lease().id())
                    ? submit.task()
                    : null;
        } catch (RequestException e) {
            return null;
        }
    }

    private void onResult(Lease lease, Retries retries, TaskResult result) {
        if (lease.equals(leases.get(lease.id()))) {
            links.whenTold(lease.id(), () -> end(lease, retries, result));
        }
        onEnded.run();
    }

    private void end(Lease lease, Retries retries, TaskResult result) {
        if (!leases.remove(lease.id(), lease)) {
            return;
        }
        if (isRetried(retries, result)) {
            outbox.deliverOrRetry(lease, result);
        } else if (result instanceof TaskResult.Failed failed) {
            onFailed(lease, failed);
        } else {
            outbox.deliver(lease, result);
        }
    }

    /** A node follows a task, or has sent it a message. */
    void onLink(TaskId id, Links link) {
        Lease lease = leases.get(id);
        if (lease == null) {
            links.addEarly(id, link);
        } else {
            links.add(lease, link);
        }
    }

    private static boolean isRetried(Retries retries, TaskResult result) {
        if (retries.times() == 0 || result.ok()) {
            return false;
        }
        return switch (result) {
            case TaskResult.Replied(byte[] frame, boolean ignored) -> {
                TaskFailure failure = Encoding.of(frame).decodeReply(frame).failure();
                yield failure != null && retries.coversFailure(failure.code());
            }
            case TaskResult.Failed(FailureKind kind, String ignored) ->
                    retries.coversFailure(kind.name());
        };
    }

    private void onFailed(Lease lease, TaskResult.Failed failed) {
        switch (failed.kind()) {
            // it has not run
            case SHUTTING_DOWN, QUEUE_FULL, QUEUE_TIMEOUT, WORKER_START_FAILED ->
                    outbox.giveBack(lease);
            // this daemon stops and has killed it
            case ABORTED -> {
                if (lease.mayRunAgain()) {
                    outbox.giveBack(lease);
                } else {
                    outbox.deliver(lease, NODE_STOPPED);
                }
            }
            default -> outbox.deliver(lease, failed);
        }
    }

    /**
     * Ends a task that no longer belongs to this node; its worker is killed after {@code grace}.
     */
    void lose(TaskId id, Duration grace) {
        if (leases.remove(id) != null) {
            lost++;
            links.close(id);
            LOG.infof("a task is ended, its lease is lost task=%s", id);
            local.cancel(id, grace);
        }
    }

    /** Ends the tasks that must run once, before another node may run them. */
    void fence() {
        List<Lease> once = leases.values().stream().filter(lease -> !lease.mayRunAgain()).toList();
        for (Lease lease : once) {
            LOG.warnf(
                    "no heartbeat was confirmed for too long: a task that must run once is ended task=%s",
                    lease.id());
            lose(lease.id(), Duration.ZERO);
        }
    }

    Collection<Lease> leases() {
        return leases.values();
    }

    /** How many were claimed so far. */
    long claimed() {
        return claimed;
    }

    /** How many leases were lost so far. */
    long lost() {
        return lost;
    }
}
