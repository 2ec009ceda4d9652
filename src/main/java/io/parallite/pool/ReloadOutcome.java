package io.parallite.pool;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The outcome of a reload. */
public sealed interface ReloadOutcome {

    /**
     * Every task from now on runs on a worker that was started after the reload had begun.
     *
     * @param replaced how many persistent workers were replaced
     * @param changed the settings that were taken from the configuration file
     * @param pending the settings that the file has changed, and that need a restart
     */
    record Done(int replaced, Duration took, List<String> changed, List<String> pending)
            implements ReloadOutcome {

        public Done {
            changed = List.copyOf(changed);
            pending = List.copyOf(pending);
        }

        /** This one and that of another pool, which has gone on beside or behind it. */
        Done and(Done other) {
            return new Done(replaced + other.replaced, took.plus(other.took), changed, pending);
        }

        /** As answers have it: {@code {replaced, took_ms, changed, needs_restart}}. */
        public Map<String, Object> fields() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("replaced", replaced);
            fields.put("took_ms", took.toMillis());
            fields.put("changed", changed);
            fields.put("needs_restart", pending);
            return fields;
        }
    }

    /**
     * The workers that are there stay.
     *
     * @param explanation what went wrong, with the stderr tail of the canary
     */
    record Failed(String explanation) implements ReloadOutcome {}
}
