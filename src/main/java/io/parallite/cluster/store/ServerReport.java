package io.parallite.cluster.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The properties of a Redis server that matter to tasks.
 *
 * @param version as {@code 7.0.15}
 * @param evicts whether it drops keys when its memory is full
 * @param appends whether it writes each change to a file
 */
public record ServerReport(String version, boolean evicts, boolean appends) {

    private static final int OLDEST_MAJOR = 7;

    /** Reads the reply to {@code INFO}. */
    static ServerReport of(String info) {
        Map<String, String> fields =
                info.lines()
                        .filter(line -> line.indexOf(':') > 0)
                        .collect(
                                Collectors.toMap(
                                        line -> line.substring(0, line.indexOf(':')),
                                        line -> line.substring(line.indexOf(':') + 1).strip(),
                                        (one, other) -> other));
        return new ServerReport(
                fields.getOrDefault(
                        "valkey_version", fields.getOrDefault("redis_version", "unknown")),
                !fields.getOrDefault("maxmemory_policy", "noeviction").equals("noeviction"),
                fields.getOrDefault("aof_enabled", "0").equals("1"));
    }

    /** Whether it knows all that the scripts need. */
    public boolean isNewEnough() {
        int dot = version.indexOf('.');
        try {
            return dot > 0 && Integer.parseInt(version.substring(0, dot)) >= OLDEST_MAJOR;
        } catch (NumberFormatException e) {
            return true; // not a version number: not checked
        }
    }

    /** A sentence with advice for everything by which tasks can be lost. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (!isNewEnough()) {
            problems.add("version %s is older than 7.0; upgrade it".formatted(version));
        }
        if (evicts) {
            problems.add("it drops keys when its memory is full; set maxmemory-policy noeviction");
        }
        if (!appends) {
            problems.add(
                    "without an append-only file a restart forgets all tasks; set appendonly yes");
        }
        return problems;
    }
}
