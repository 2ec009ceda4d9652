package io.parallite.cli;

import io.parallite.cluster.store.ClusterSettings;
import io.parallite.config.ConfigException;
import io.parallite.config.CurrentConfig;
import io.parallite.config.LaunchSettings;
import io.parallite.config.ParalliteConfig;
import io.parallite.process.launch.WorkerProcesses;
import io.parallite.process.launch.WorkerSite;
import io.parallite.server.ListenException;
import io.parallite.server.ListenRehearsal;
import io.parallite.tracing.TracingSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a start refuses beside values that are not valid and too few open files: found out by the
 * code of the start, which leaves nothing behind here.
 */
final class StartCheck {

    private final LaunchSettings settings;
    private final CurrentConfig current;
    private final Path home;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * A check.
     *
     * @param settings that are valid
     * @param home where the distribution is
     */
    StartCheck(LaunchSettings settings, Path home) {
        this.settings = settings;
        this.current = CurrentConfig.of(settings);
        this.home = home;
    }

    /**
     * What a start would end with.
     *
     * @param isServed whether a daemon has the addresses already
     */
    List<Finding> look(boolean isServed) {
        attempt("results", () -> settings.chosenResultCacheBytes().ifPresent(ResultMemory::check));
        attempt("worker script", this::findWorkers);
        attempt("cluster", this::lookAtCluster);
        attempt("traces", this::lookAtTraces);
        if (!isServed) {
            attempt("http", () -> HttpPort.check(settings));
            ListenRehearsal listening = ListenRehearsal.of(current.now().listenSettings());
            listening.problems().forEach(problem -> findings.add(failure("socket", problem)));
            listening.warnings().forEach(warning -> findings.add(warning("socket", warning)));
        }
        return findings;
    }

    private void findWorkers() {
        WorkerSite site = new WorkerSite(current, Optional.of(home));
        if (site.script().connectsBack()) {
            attempt("run directory", WorkerProcesses::rehearse);
        }
        current.pools().forEach(name -> attempt("worker script", () -> site.of(name)));
    }

    /** A start does not wait for Redis: an error there is a warning. */
    private void lookAtCluster() {
        ParalliteConfig config = current.now();
        if (config.clusterUrl().isPresent()) {
            findings.addAll(
                    ClusterCheck.look(ClusterSettings.of(config, Path.of("").toAbsolutePath())));
        }
    }

    /** Nor for the receiver of spans. */
    private void lookAtTraces() {
        if (current.now().otelEndpoint().isPresent()) {
            findings.addAll(TracingCheck.look(TracingSettings.of(current.now())));
        }
    }

    private void attempt(String topic, Runnable step) {
        try {
            step.run();
        } catch (ConfigException | ListenException e) {
            findings.add(failure(topic, String.valueOf(e.getMessage())));
        }
    }

    private static Finding warning(String topic, String sentence) {
        int advice = sentence.lastIndexOf("; ");
        return Finding.warn(topic, sentence.substring(0, advice), sentence.substring(advice + 2));
    }

    private static Finding failure(String topic, String sentence) {
        int advice = sentence.lastIndexOf("; ");
        return advice < 0
                ? Finding.fail(topic, sentence, "correct it")
                : Finding.fail(
                        topic, sentence.substring(0, advice), sentence.substring(advice + 2));
    }
}
