package io.parallite.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What must be there besides {@code cluster_url}.
 *
 * @param values the value of each setting
 */
record ClusterChecks(Function<Setting, Optional<String>> values) {

    private static final List<Setting> PEM_FILES =
            List.of(
                    Setting.CLUSTER_CA_FILE,
                    Setting.CLUSTER_CERTIFICATE_FILE,
                    Setting.CLUSTER_KEY_FILE);

    /** Adds a sentence for everything that stops the daemon from starting. */
    void addTo(List<String> problems) {
        values.apply(Setting.CLUSTER_SECRET_FILE)
                .ifPresentOrElse(
                        file -> checkSecret(file, problems),
                        () ->
                                problems.add(
                                        "cluster_url is set without cluster_secret_file: closures are code, and what comes over Redis is run only when it is signed; name a file with the same secret on all nodes"));
        if (isSet(Setting.CLUSTER_CERTIFICATE_FILE) != isSet(Setting.CLUSTER_KEY_FILE)) {
            problems.add(
                    "cluster_certificate_file and cluster_key_file need one another; set both");
        }
        PEM_FILES.forEach(setting -> checkReadable(setting, problems));
    }

    private boolean isSet(Setting setting) {
        return values.apply(setting).isPresent();
    }

    private static void checkSecret(String file, List<String> problems) {
        try {
            SecretFile.ofCluster(Path.of(file));
        } catch (ConfigException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
    }

    private void checkReadable(Setting setting, List<String> problems) {
        values.apply(setting)
                .filter(file -> !Files.isReadable(Path.of(file)))
                .ifPresent(
                        file ->
                                problems.add(
                                        "%s=%s cannot be read; name a PEM file that the daemon's user may read"
                                                .formatted(setting.key(), file)));
    }
}
