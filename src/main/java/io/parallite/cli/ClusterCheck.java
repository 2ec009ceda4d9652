package io.parallite.cli;

import io.parallite.cluster.ClusterSettings;
import io.parallite.cluster.ServerProbe;
import io.parallite.cluster.ServerReport;
import io.parallite.config.RedisAddress;
import io.parallite.config.Setting;
import io.parallite.config.SettingValue;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The Redis of the cluster, where the daemon is to be a node of one. */
final class ClusterCheck {

    private static final String TOPIC = "cluster";
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Map<Setting, SettingValue> values;

    /** A check of what the settings of these values name. */
    ClusterCheck(Map<Setting, SettingValue> values) {
        this.values = values;
    }

    /** Nothing when the daemon is on its own. */
    List<Finding> look() {
        return value(Setting.CLUSTER_URL).map(this::look).orElse(List.of());
    }

    private List<Finding> look(String url) {
        RedisAddress address = RedisAddress.parse(url);
        try {
            ServerReport server = ServerProbe.look(address, encryption(), PATIENCE);
            List<Finding> findings = new ArrayList<>();
            findings.add(
                    Finding.ok(
                            TOPIC,
                            "Redis %s answers at %s"
                                    .formatted(server.version(), address.described())));
            for (String problem : server.problems()) {
                int semicolon = problem.indexOf("; ");
                findings.add(
                        Finding.warn(
                                TOPIC,
                                problem.substring(0, semicolon),
                                problem.substring(semicolon + 2)));
            }
            return findings;
        } catch (IOException e) {
            return List.of(
                    Finding.warn(
                            TOPIC,
                            "Redis at %s cannot be used: %s"
                                    .formatted(address.described(), e.getMessage()),
                            "start it, or correct cluster_url: detached tasks are refused until then"));
        }
    }

    private ClusterSettings.Encryption encryption() {
        return new ClusterSettings.Encryption(
                value(Setting.CLUSTER_CA_FILE).map(Path::of),
                value(Setting.CLUSTER_CERTIFICATE_FILE).map(Path::of),
                value(Setting.CLUSTER_KEY_FILE).map(Path::of));
    }

    private Optional<String> value(Setting setting) {
        return Optional.ofNullable(values.get(setting))
                .map(SettingValue::text)
                .filter(text -> !text.isEmpty());
    }
}
