package io.parallite.process.launch;

import org.jboss.logging.Logger;

/** How the workers of a pool come about: the setting {@code worker_start}. */
enum StartMethod {

    /** Each is started anew. */
    EXEC,

    /**
     * They are forked from a {@link Template}; started where that is not possible, with a warning.
     */
    FORK,

    /** The same, for users who have not asked for it: no warning. */
    AUTO;

    /** That of a pool; a script that cannot be forked is started. */
    static StartMethod of(WorkerSite site) {
        if (!site.script().canFork()) {
            return EXEC;
        }
        return switch (site.config().workerStart()) {
            case "fork" -> FORK;
            case "exec" -> EXEC;
            default -> AUTO;
        };
    }

    boolean mayFork() {
        return this != EXEC;
    }

    /** How the log reports that workers cannot be forked. */
    Logger.Level whenImpossible() {
        return this == FORK ? Logger.Level.WARN : Logger.Level.INFO;
    }
}
