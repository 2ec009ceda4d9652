package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A scrape of a daemon that works, and the dashboard and alerts that rely on its names. */
final class MetricsIT {

    private static final Pattern NAME = Pattern.compile("\\b(?:parallite|jvm|process)_[a-z_]+\\b");

    private final Http http = Http.onFreePort();

    @Test
    void countsWhatRan() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("good", closure("fn () => usleep(20000)"));
            client.submit("bad", closure("fn () => throw new LogicException()"));
            client.submit("gone", closure("function () { exit(1); }"));
            await().until(() -> daemon.stats().isAtRest());

            Http.Answer scrape = http.get("/q/metrics");

            assertThat(scrape.header("Content-Type")).startsWith("text/plain; version=0.0.4");
            assertThat(scrape.body())
                    .contains(
                            "parallite_tasks_total{outcome=\"ok\"} 1.0",
                            "parallite_tasks_total{outcome=\"exception\"} 1.0",
                            "parallite_tasks_total{outcome=\"exited\"} 1.0",
                            "parallite_task_duration_seconds_bucket{outcome=\"ok\",le=\"0.01\"} 0",
                            "parallite_workers{state=\"idle\"} 1.0",
                            "parallite_worker_restarts_total{reason=\"exited\"} 1.0",
                            "parallite_cache_results 3.0",
                            "# HELP parallite_queue_tasks ");
            await().untilAsserted( // it is looked up at most once a second
                            () ->
                                    assertThat(http.get("/q/metrics").body())
                                            .containsPattern(
                                                    "parallite_worker_memory_bytes\\{worker=\"work-1\"} [1-9][0-9.]*E7")
                                            .containsPattern(
                                                    "process_resident_memory_bytes [1-9][0-9.]*E[78]"));
            assertThat(http.get("/q/metrics", "Accept", "application/openmetrics-text").body())
                    .endsWith("# EOF\n");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "deploy/grafana/parallite.json",
                "deploy/prometheus/alerts.yaml",
                "deploy/kubernetes/autoscaling/prometheus-adapter.yaml",
                "deploy/kubernetes/autoscaling/keda.yaml"
            })
    void hasEveryMetricThatIsShippedWithIt(String file) throws IOException {
        Set<String> used =
                NAME.matcher(Files.readString(Path.of(file)))
                        .results()
                        .map(MatchResult::group)
                        .collect(Collectors.toSet());
        used.remove("parallite_demand"); // which the adapter makes of the others
        String settings = "{\"pools\": {\"mail\": {}}, \"quota_tasks\": 9}";
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", http.flag()).json(settings).startAtRest();
                TestClient client = daemon.connect()) {
            client.send(TestClient.task("sleeps", closure("fn () => sleep(600)"))); // has a share
            assertThat(used).hasSizeGreaterThan(2);
            // the workers' memory is looked up at most once a second
            await().untilAsserted(() -> assertThat(used).isSubsetOf(names()));
        }
    }

    private Set<String> names() {
        return Arrays.stream(http.get("/q/metrics").body().split("\n"))
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toSet());
    }

    @Test
    void followsPrometheusConventions() throws IOException, InterruptedException {
        Path promtool = Programs.find("promtool");
        Assumptions.assumeTrue(promtool != null, "skipped: promtool is not installed (prometheus)");
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest()) {
            Process check =
                    new ProcessBuilder(promtool.toString(), "check", "metrics")
                            .redirectErrorStream(true)
                            .start();
            try (Writer in =
                    new OutputStreamWriter(check.getOutputStream(), StandardCharsets.UTF_8)) {
                in.write(http.get("/q/metrics").body());
            }
            String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(check.waitFor()).as(said).isZero();
        }
    }
}
