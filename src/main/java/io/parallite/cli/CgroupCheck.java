package io.parallite.cli;

import io.parallite.config.Setting;
import io.parallite.config.SettingValue;
import io.parallite.process.files.Cgroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether control groups can keep {@code worker_memory_max} and {@code worker_cpu_weight}, where
 * they are set: in the group of the daemon that runs, else in that of this command.
 */
final class CgroupCheck {

    private static final String TOPIC = "cgroups";

    private final Path root;
    private final long daemon;

    /**
     * A check.
     *
     * @param root where {@code proc} and {@code sys} are
     * @param daemon the process id of the daemon that runs; 0 when none does
     */
    CgroupCheck(Path root, long daemon) {
        this.root = root;
        this.daemon = daemon;
    }

    /**
     * The findings.
     *
     * @param settings the settings of each pool
     */
    List<Finding> look(List<Map<Setting, SettingValue>> settings) {
        List<Finding> findings = new ArrayList<>();
        look(settings, Setting.WORKER_MEMORY_MAX, "memory", findings);
        look(settings, Setting.WORKER_CPU_WEIGHT, "cpu", findings);
        return findings;
    }

    private void look(
            List<Map<Setting, SettingValue>> settings,
            Setting setting,
            String controller,
            List<Finding> findings) {
        if (settings.stream().noneMatch(pool -> isSet(pool.get(setting)))) {
            return;
        }
        String who = daemon > 0 ? "the daemon" : "a daemon that is started here";
        Optional<String> objection = objection(controller);
        if (objection.isEmpty()) {
            findings.add(
                    Finding.ok(
                            TOPIC, "%s keeps %s by control groups".formatted(who, setting.key())));
            return;
        }
        String instead =
                setting == Setting.WORKER_MEMORY_MAX
                        ? "keeps %s for each process by itself (RLIMIT_DATA)"
                        : "does not keep %s";
        findings.add(
                Finding.warn(
                        TOPIC,
                        "%s %s: %s"
                                .formatted(who, instead.formatted(setting.key()), objection.get()),
                        Cgroup.ADVICE));
    }

    private static boolean isSet(@Nullable SettingValue value) {
        return value != null && !value.text().isBlank() && !value.text().strip().equals("0");
    }

    private Optional<String> objection(String controller) {
        try {
            Cgroup group = Cgroup.of(root, daemon > 0 ? Long.toString(daemon) : "self");
            Cgroup given = group.withoutDaemon();
            Optional<String> objection = given.objection(controller);
            boolean isAlone =
                    !given.equals(group)
                            || given.isRoot()
                            || given.isOfNamespace()
                            || given.processes().size() < 2;
            return objection.isEmpty() && !isAlone
                    ? Optional.of(given.path() + " has other processes, too")
                    : objection;
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
