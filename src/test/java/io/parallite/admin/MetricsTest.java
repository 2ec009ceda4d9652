package io.parallite.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.cluster.ClusterSnapshot;
import io.parallite.cluster.store.ClusterLoad;
import io.parallite.process.resources.ProcessUsage;
import io.parallite.server.QuotaSnapshot;
import io.parallite.server.Traffic;
import io.parallite.task.TaskId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Names, labels and units, which dashboards and alerts rely on. */
class MetricsTest {

    private final AdminFixture daemon = new AdminFixture(1, 4);
    private final Metrics metrics = new Metrics("1.2.3");
    private ClusterSnapshot cluster;
    private QuotaSnapshot quotas = new QuotaSnapshot(false, List.of(), Map.of());

    @BeforeEach
    void start() {
        daemon.dispatcher.observe(new TaskMetrics(metrics.registry()));
        daemon.pool.start();
        daemon.workers.readyAll();
    }

    @Test
    void tellsOfPoolQueueAndCache() {
        daemon.submit("a");
        daemon.submit("b");

        assertThat(scrape())
                .contains(
                        "parallite_build_info{version=\"1.2.3\"} 1",
                        "parallite_workers{state=\"busy\"} 1.0",
                        "parallite_workers{state=\"idle\"} 0.0",
                        "parallite_workers_fixed 1.0",
                        "parallite_workers_max 4.0",
                        "parallite_worker_memory_bytes{worker=\"work-1\"} 100000.0",
                        "parallite_queue_tasks 1.0",
                        "parallite_queue_limit_tasks 6.0",
                        "parallite_queue_wedges_total 0.0",
                        "parallite_tasks_in_flight 2.0",
                        "parallite_tasks_submitted_total 2.0",
                        "parallite_clients 7.0",
                        "parallite_frames_total{direction=\"in\"} 1.0",
                        "parallite_frame_bytes_total{direction=\"out\"} 40.0",
                        "parallite_cache_results 0.0",
                        "parallite_cache_bytes 0.0");
    }

    @Test
    void countsEveryOutcomeFromZero() {
        assertThat(scrape())
                .contains(
                        "parallite_tasks_total{outcome=\"ok\"} 0.0",
                        "parallite_tasks_total{outcome=\"exception\"} 0.0",
                        "parallite_tasks_total{outcome=\"worker_crashed\"} 0.0",
                        "parallite_tasks_total{outcome=\"other\"} 0.0",
                        "jvm_threads_live_threads ");
    }

    @Test
    void countsTasksByOutcome() {
        daemon.run("a", Duration.ofMillis(30), true);
        daemon.run("b", Duration.ofMillis(30), false);
        daemon.submit("c");
        daemon.dispatcher.cancel(new TaskId("c"));

        assertThat(scrape())
                .contains(
                        "parallite_tasks_total{outcome=\"ok\"} 1.0",
                        "parallite_tasks_total{outcome=\"exception\"} 1.0",
                        "parallite_tasks_total{outcome=\"cancelled\"} 1.0");
    }

    @Test
    void measuresHowLongTasksWaitAndRunInSeconds() {
        daemon.run("a", Duration.ofMillis(30), true);
        daemon.run("b", Duration.ofSeconds(3), true);

        assertThat(scrape())
                .contains(
                        "parallite_task_duration_seconds_bucket{outcome=\"ok\",le=\"0.025\"} 0",
                        "parallite_task_duration_seconds_bucket{outcome=\"ok\",le=\"0.05\"} 1",
                        "parallite_task_duration_seconds_bucket{outcome=\"ok\",le=\"5.0\"} 2",
                        "parallite_task_duration_seconds_count{outcome=\"ok\"} 2",
                        "parallite_task_duration_seconds_sum{outcome=\"ok\"} 3.03",
                        "parallite_task_wait_seconds_bucket{le=\"0.001\"} 2");
    }

    @Test
    void countsRestartsByReason() {
        daemon.run("a", Duration.ofMillis(30), true);
        daemon.workers.last().exit(255, "Segmentation fault");

        assertThat(scrape())
                .contains(
                        "parallite_worker_restarts_total{reason=\"crashed\"} 1.0",
                        "parallite_worker_restarts_total{reason=\"timeout\"} 0.0");
    }

    @Test
    void tellsOfTheTemplateWhereWorkersAreForked() {
        assertThat(scrape()).doesNotContain("template");

        daemon.workers.startForking();

        assertThat(scrape())
                .contains(
                        "parallite_worker_forks_total 1.0",
                        "parallite_templates_total 1.0",
                        "parallite_template_ready 1.0");
    }

    @Test
    void labelsAreFewWhateverCodesWorkersMakeUp() {
        assertThat(Outcome.of("EXCEPTION")).isEqualTo("exception");
        assertThat(Outcome.of("QUEUE_FULL")).isEqualTo("queue_full");
        assertThat(Outcome.of("code-4711-of-a-script")).isEqualTo("other");
    }

    @Test
    void countsWhatIsOfAClusterFromZeroAndOnlyThere() {
        assertThat(scrape()).doesNotContain("parallite_cluster");

        cluster =
                new ClusterSnapshot(
                        "n1",
                        true,
                        new ClusterLoad(1, 20, 3, 4, 5, 6),
                        null,
                        2,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        new ClusterSnapshot.Submitted(7, 0, 0));

        assertThat(scrape())
                .contains(
                        "parallite_cluster_connected 1.0",
                        "parallite_cluster_outbox_tasks 7.0",
                        "parallite_cluster_nodes 6.0",
                        "parallite_cluster_backlog_tasks{priority=\"high\"} 1.0",
                        "parallite_cluster_backlog_tasks{priority=\"normal\"} 20.0",
                        "parallite_cluster_backlog_tasks{priority=\"low\"} 3.0",
                        "parallite_cluster_running_tasks 4.0",
                        "parallite_cluster_dead_letters 5.0",
                        "parallite_cluster_leased_tasks 2.0",
                        "parallite_cluster_undelivered_results 0.0",
                        "parallite_cluster_claimed_tasks_total 0.0",
                        "parallite_cluster_lost_leases_total 0.0",
                        "parallite_cluster_reclaimed_tasks_total 0.0",
                        "parallite_cluster_refused_results_total 0.0",
                        "parallite_cluster_overflowed_tasks_total 0.0");
    }

    @Test
    void tellsOfClientsOnceThereAreQuotas() {
        assertThat(scrape()).doesNotContain("parallite_client_", "parallite_quota_");
        quotas =
                new QuotaSnapshot(
                        true,
                        List.of(
                                new QuotaSnapshot.Client("uid:1000", 2, 5, 700, 3),
                                new QuotaSnapshot.Client("token:web", 1, 0, 0, 0)),
                        Map.of("quota_tasks", 3L));

        assertThat(scrape())
                .contains(
                        "parallite_client_tasks{client=\"uid:1000\"} 5.0",
                        "parallite_client_tasks{client=\"token:web\"} 0.0",
                        "parallite_client_bytes{client=\"uid:1000\"} 700.0",
                        "parallite_quota_refusals_total{quota=\"quota_tasks\"} 3.0",
                        "parallite_quota_refusals_total{quota=\"quota_bytes\"} 0.0");
        quotas = new QuotaSnapshot(true, List.of(), Map.of("quota_tasks", 3L));
        assertThat(scrape()).doesNotContain("parallite_client_");
    }

    private String scrape() {
        EngineSnapshot snapshot =
                new EngineSnapshot(
                        daemon.dispatcher.pools().snapshot(),
                        daemon.dispatcher.pools().snapshots(),
                        daemon.dispatcher.snapshot(),
                        7,
                        quotas,
                        new Traffic.Totals(1, 20, 3, 40),
                        cluster,
                        Map.of(100L, new ProcessUsage(100_000, 0)));
        return metrics.scrape(snapshot, "text/plain");
    }
}
