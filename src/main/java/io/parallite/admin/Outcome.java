package io.parallite.admin;

import io.parallite.dispatch.TaskRun;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskFailure;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How tasks end, as values of the label {@code outcome}: {@code ok}, the error code in small
 * letters, or {@code other} for codes that a worker script has made up: what labels a metric must
 * be few.
 */
final class Outcome {

    static final String OK = "ok";
    static final String OTHER = "other";

    /** Codes of the bundled worker beside the daemon's own. */
    private static final List<String> OF_WORKERS =
            List.of("EXCEPTION", "EXITED", "FATAL", "INVALID_PAYLOAD");

    private static final Map<String, String> BY_CODE =
            Stream.concat(OF_WORKERS.stream(), Stream.of(FailureKind.values()).map(Enum::name))
                    .collect(
                            Collectors.toUnmodifiableMap(
                                    Function.identity(), code -> code.toLowerCase(Locale.ROOT)));

    private Outcome() {}

    /** Every value that there can be. */
    static Set<String> all() {
        Set<String> all = new TreeSet<>(BY_CODE.values());
        all.add(OK);
        all.add(OTHER);
        return all;
    }

    /** How {@code run}, which has ended, did. */
    static String of(TaskRun run) {
        TaskFailure failure = run.failure();
        return failure == null ? OK : of(failure.code());
    }

    static String of(String errorCode) {
        return BY_CODE.getOrDefault(errorCode, OTHER);
    }
}
