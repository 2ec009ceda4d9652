package io.parallite.deploy;

import static io.parallite.deploy.Tool.project;
import static io.parallite.deploy.Tool.tool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alerts and the dashboard, by Prometheus' own tool: what they ask is sound, and they fire. */
final class PrometheusTest {

    private static final Path ALERTS = project("deploy/prometheus/alerts.yaml");
    private static final Path DASHBOARD = project("deploy/grafana/parallite.json");

    /** Every alert's trouble, for half an hour. */
    private static final String IN_TROUBLE =
            """
            - {series: 'up{job="parallite",instance="a"}', values: '0x30'}
            - {series: 'parallite_workers{instance="a",state="idle"}', values: '0x30'}
            - {series: 'parallite_workers{instance="a",state="busy"}', values: '0x30'}
            - {series: 'parallite_workers_fixed{instance="a"}', values: '2x30'}
            - {series: 'parallite_queue_tasks{instance="a"}', values: '90x30'}
            - {series: 'parallite_queue_limit_tasks{instance="a"}', values: '100x30'}
            - {series: 'parallite_task_wait_seconds_bucket{instance="a",le="1"}', values: '0x30'}
            - {series: 'parallite_task_wait_seconds_bucket{instance="a",le="10"}', values: '0+60x30'}
            - {series: 'parallite_task_wait_seconds_bucket{instance="a",le="+Inf"}', values: '0+60x30'}
            - {series: 'parallite_tasks_total{instance="a",outcome="ok"}', values: '0+60x30'}
            - {series: 'parallite_tasks_total{instance="a",outcome="timeout"}', values: '0+10x30'}
            - {series: 'parallite_worker_restarts_total{instance="a",reason="crashed"}', values: '0+1x30'}
            - {series: 'parallite_queue_wedges_total{instance="a"}', values: '0x10 1x20'}
            - {series: 'parallite_pool_queue_tasks{instance="a",pool="mail"}', values: '9x30'}
            - {series: 'parallite_pool_queue_limit_tasks{instance="a",pool="mail"}', values: '10x30'}
            - {series: 'parallite_pool_serving{instance="a",pool="mail"}', values: '0x30'}
            - {series: 'parallite_pool_paused{instance="a",pool="mail"}', values: '0x30'}
            - {series: 'parallite_pool_serving{instance="a",pool="web"}', values: '0x30'}
            - {series: 'parallite_pool_paused{instance="a",pool="web"}', values: '1x30'}
            - {series: 'parallite_quota_refusals_total{instance="a",quota="quota_tasks"}', values: '0+1x30'}
            """;

    /**
     * What is no trouble: cancelled tasks, reloads, a daemon without persistent workers, a short
     * pause of a pool, a single burst beyond a quota.
     */
    private static final String AT_EASE =
            """
            - {series: 'up{job="parallite",instance="a"}', values: '1x30'}
            - {series: 'parallite_workers{instance="a",state="idle"}', values: '0x30'}
            - {series: 'parallite_workers{instance="a",state="busy"}', values: '2x30'}
            - {series: 'parallite_workers{instance="b",state="idle"}', values: '0x30'}
            - {series: 'parallite_workers{instance="b",state="busy"}', values: '0x30'}
            - {series: 'parallite_workers_fixed{instance="a"}', values: '2x30'}
            - {series: 'parallite_workers_fixed{instance="b"}', values: '0x30'}
            - {series: 'parallite_queue_tasks{instance="a"}', values: '70x30'}
            - {series: 'parallite_queue_limit_tasks{instance="a"}', values: '100x30'}
            - {series: 'parallite_queue_tasks{instance="b"}', values: '0x30'}
            - {series: 'parallite_queue_limit_tasks{instance="b"}', values: '0x30'}
            - {series: 'parallite_task_wait_seconds_bucket{instance="a",le="1"}', values: '0+60x30'}
            - {series: 'parallite_task_wait_seconds_bucket{instance="a",le="10"}', values: '0+60x30'}
            - {series: 'parallite_task_wait_seconds_bucket{instance="a",le="+Inf"}', values: '0+60x30'}
            - {series: 'parallite_tasks_total{instance="a",outcome="ok"}', values: '0+60x30'}
            - {series: 'parallite_tasks_total{instance="a",outcome="timeout"}', values: '0+1x30'}
            - {series: 'parallite_tasks_total{instance="a",outcome="cancelled"}', values: '0+60x30'}
            - {series: 'parallite_worker_restarts_total{instance="a",reason="reload"}', values: '0+4x30'}
            - {series: 'parallite_queue_wedges_total{instance="a"}', values: '0x30'}
            - {series: 'parallite_pool_queue_tasks{instance="a",pool="mail"}', values: '7x30'}
            - {series: 'parallite_pool_queue_limit_tasks{instance="a",pool="mail"}', values: '10x30'}
            - {series: 'parallite_pool_queue_tasks{instance="a",pool="default"}', values: '0x30'}
            - {series: 'parallite_pool_queue_limit_tasks{instance="a",pool="default"}', values: '0x30'}
            - {series: 'parallite_pool_serving{instance="a",pool="mail"}', values: '0x12 1x18'}
            - {series: 'parallite_pool_paused{instance="a",pool="mail"}', values: '1x12 0x18'}
            - {series: 'parallite_quota_refusals_total{instance="a",quota="quota_tasks"}', values: '0x2 9x28'}
            """;

    @TempDir private Path directory;

    @BeforeEach
    void needsPromtool() {
        assumeTrue(Tool.isInstalled("promtool"), "promtool is not installed (prometheus)");
    }

    @Test
    void alertsAreRulesOfPrometheus() {
        tool("promtool", "check", "rules", "--lint=all", "--lint-fatal", ALERTS).run().ok();
    }

    @Test
    void everyAlertFiresInItsTrouble() throws IOException {
        List<String> names = Manifests.tree(ALERTS).findValuesAsText("alert");

        assertFiring(IN_TROUBLE, names);
        assertThat(names).hasSizeGreaterThan(5).doesNotHaveDuplicates();
    }

    @Test
    void noAlertFiresAtEase() throws IOException {
        assertFiring(AT_EASE, List.of());
    }

    /** Each query of the dashboard, with values for Grafana's variables, as a rule. */
    @Test
    void theDashboardAsksWhatPrometheusUnderstands() throws IOException {
        JsonNode dashboard = Manifests.tree(DASHBOARD);
        List<String> queries = dashboard.path("panels").findValuesAsText("expr");
        StringBuilder rules = new StringBuilder("groups:\n  - name: dashboard\n    rules:\n");
        for (int i = 0; i < queries.size(); i++) {
            String query =
                    queries.get(i)
                            .replace("$__rate_interval", "5m")
                            .replace("$instance", "a|b")
                            .replace("'", "''");
            assertThat(query).as("a variable that nothing sets").doesNotContain("$");
            rules.append("      - {record: 'panel:%d', expr: '%s'}%n".formatted(i, query));
        }

        Path file = Files.writeString(directory.resolve("dashboard.yaml"), rules);

        assertThat(queries).hasSizeGreaterThan(20);
        tool("promtool", "check", "rules", file).run().ok();
    }

    private void assertFiring(String series, List<String> alerts) throws IOException {
        StringBuilder expected = new StringBuilder();
        for (String alert : alerts) {
            expected.append("{labels: '{alertname=\"%s\"}', value: 1},".formatted(alert));
        }
        Path test =
                Files.writeString(
                        directory.resolve("test.yaml"),
                        """
                        rule_files: ['%s']
                        tests:
                          - interval: 1m
                            input_series:
                        %s
                            promql_expr_test:
                              - expr: 'sum by (alertname) (ALERTS{alertstate="firing"})'
                                eval_time: 20m
                                exp_samples: [%s]
                        """
                                .formatted(ALERTS, series.indent(6).stripTrailing(), expected));

        assertThat(tool("promtool", "test", "rules", test).run().ok()).contains("SUCCESS");
    }
}
