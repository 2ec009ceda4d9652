package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.cli.Terminal.Line;
import io.parallite.cli.Terminal.Size;
import io.parallite.cli.Terminal.Style;
import io.parallite.cli.TopScreen.Order;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopScreenTest {

    private static final String FIGURES =
            """
            {"ok":true,"version":"1.0.0","pid":4711,"uptime_ms":183845000,
             "pool":{"fixed_workers":2,"max_workers":32,"idle":1,"busy":2,"starting":0,"ending":1,
              "restarts":3,"restarts_by_reason":{"crashed":2,"worker_idle":0,"timeout":1},"workers":[
               {"name":"work-1","pid":501,"state":"busy","served":1203,"task_id":"report-4711",
                "task_age_ms":61500,"memory_bytes":48234496,"cpu_ms":4000,"age_ms":100000},
               {"name":"work-10","pid":510,"state":"idle","served":9,"memory_bytes":21000000,
                "cpu_ms":1000,"age_ms":10000},
               {"name":"work-2","pid":502,"state":"busy","served":40,"task_id":"a\\u001b[2Jb",
                "task_age_ms":120,"memory_bytes":91000000,"cpu_ms":9000,"age_ms":10000}]},
             "queue":{"length":12,"oldest_ms":340},
             "tasks":{"submitted":38140,"completed":38120,"failed":9,"cancelled":3,"in_flight":14,
              "rate_per_second":{"last_second":1204,"last_minute":980.4},
              "latency_ms":{"queued":{"p50":0.05,"p90":0.2,"p99":1.5,"max":340},
               "ran":{"p50":3.2,"p90":20,"p99":61000,"max":61500}}},
             "cache":{"entries":100,"bytes":5000}}
            """;

    private final CpuMeter cpu = new CpuMeter();
    private final TopScreen screen = new TopScreen(cpu);
    private boolean noted;

    @Test
    void showsWhatWorkersAreForkedFrom() throws IOException {
        String ready = "\"template\":{\"state\":\"ready\",\"pid\":9,\"booted\":1,\"forks\":1204},";
        String unfit =
                "\"template\":{\"state\":\"unfit\",\"forks\":0,\"objection\":\"2 sockets are open\"},";

        assertThat(text(lines(withPool(ready), new Size(80, 16))))
                .contains("\ntemplate ready, 1,204 forks\n");
        assertThat(text(lines(withPool(unfit), new Size(80, 16))))
                .contains("\ntemplate unfit, workers are started: 2 sockets are open\n");
    }

    @Test
    void showsTheClusterWhereThereIsOne() throws IOException {
        String up =
                "\"cluster\":{\"node\":\"n1\",\"connected\":true,\"nodes\":3,\"backlog\":{\"high\":1,\"normal\":1200,"
                        + "\"low\":2},\"running\":5,\"dead\":4,\"leased\":2},";
        String down = "\"cluster\":{\"node\":\"n1\",\"connected\":false,\"problem\":\"refused\"},";

        assertThat(text(lines(with(up), new Size(120, 16))))
                .contains(
                        "\ncluster  3 nodes, 1,203 waiting (1 high, 2 low), 5 running, 2 of them here, 4 dead letters\n");
        assertThat(text(lines(with(down), new Size(80, 16))))
                .contains("\ncluster  not connected: refused\n");
        assertThat(text(lines(FIGURES, new Size(80, 16)))).doesNotContain("cluster");
    }

    private static String with(String figures) {
        return FIGURES.replace("\"queue\":{", figures + "\"queue\":{");
    }

    private static String withPool(String figures) {
        return FIGURES.replace("\"pool\":{", "\"pool\":{" + figures);
    }

    @Test
    void fitsAClassicTerminal() throws IOException {
        assertThat(text(lines(FIGURES, new Size(80, 16))))
                .isEqualTo(
                        """
                        Parallite 1.0.0  pid 4711  up 2d 03h  /run/parallite.sock               12:00:01
                        workers  1 idle, 2 busy, 1 ending  (2 kept, at most 32)
                        restarts 3: 2 crashed, 1 timeout
                        queue    12 waiting, the oldest for 340 ms
                        tasks    38,120 completed, 9 failed, 3 cancelled, 14 in flight
                        rate     1,204/s now, 980/s over the last minute
                        waited   p50 50.0 us  p90 200 us  p99 1.50 ms  max 340 ms
                        ran      p50 3.20 ms  p90 20.0 ms  p99 61.0 s  max 61.5 s

                        NAME     PID  STATE  TASK            FOR   DONE   MEMORY  CPU%
                        work-1   501  busy   report-4711  1m 01s  1,203  48.2 MB   4.0
                        work-2   502  busy   a?[2Jb       120 ms     40  91.0 MB  90.0
                        work-10  510  idle                            9  21.0 MB  10.0


                         q quit  order: t task  c cpu  m memory  d done  n name  s next          by task""");
    }

    @Test
    void standsOutWhereItMatters() throws IOException {
        List<Line> lines = lines(FIGURES, new Size(80, 16));

        assertThat(lines.get(9).style()).isEqualTo(Style.INVERSE);
        assertThat(lines.get(9).text()).hasSize(80);
        assertThat(lines.get(10).style()).isEqualTo(Style.BOLD);
        assertThat(lines.get(12).style()).isEqualTo(Style.PLAIN);
    }

    @Test
    void showsDashesWhereNoTaskHasEndedLately() throws IOException {
        String none = "{\"p50\":0.0,\"p90\":0.0,\"p99\":0.0,\"max\":0.0}";
        String figures =
                """
                {"uptime_ms":0,"tasks":{"latency_ms":{"queued":%s,"ran":%s}}}
                """
                        .formatted(none, none);

        assertThat(text(lines(figures, new Size(80, 16))))
                .contains("waited   p50 -  p90 -  p99 -  max -", "ran      p50 -  p90 -", "up 0 ms")
                .doesNotContain("0 ns");
    }

    @Test
    void showsDashesForWhatAnOlderDaemonDoesNotSay() throws IOException {
        String figures =
                """
                {"ok":true,"version":"0.9","pid":1,"uptime_ms":100,"pool":{"workers":[
                 {"name":"work-1","pid":501,"state":"busy","served":1,"task_id":"t"}]}}
                """;

        assertThat(text(lines(figures, new Size(60, 13))))
                .contains("rate     -/s now, -/s over the last minute")
                .contains("NAME    PID  STATE  TASK  FOR  DONE  MEMORY  CPU%")
                .contains("work-1  501  busy   t       -     1       -     -");
    }

    @Test
    void tellsTroubleOfTheDaemon() throws IOException {
        String figures =
                """
                {"pool":{"start_failure":"PHP Fatal error","workers":[]},"draining":true}
                """;

        List<Line> lines = lines(figures, new Size(60, 20));

        assertThat(lines).contains(new Line("now      draining", Style.ALARM));
        assertThat(lines).contains(new Line("problem  PHP Fatal error", Style.ALARM));
        assertThat(lines).contains(new Line("no workers", Style.DIM));
    }

    @Test
    void sortsByWhatWasAskedFor() throws IOException {
        assertThat(names(Order.TASK)).containsExactly("work-1", "work-2", "work-10");
        assertThat(names(Order.CPU)).containsExactly("work-2", "work-10", "work-1");
        assertThat(names(Order.MEMORY)).containsExactly("work-2", "work-1", "work-10");
        assertThat(names(Order.DONE)).containsExactly("work-1", "work-2", "work-10");
        assertThat(names(Order.NAME)).containsExactly("work-1", "work-2", "work-10");
    }

    private List<String> names(Order order) throws IOException {
        screen.sortBy(order);
        return lines(FIGURES, new Size(80, 24)).stream()
                .map(Line::text)
                .filter(line -> line.startsWith("work-"))
                .map(line -> line.substring(0, line.indexOf(' ')))
                .toList();
    }

    @Test
    void scrollsWithinTheWorkers() throws IOException {
        Size size = new Size(60, 15);
        screen.sortBy(Order.NAME);

        assertThat(text(lines(many(20), size))).contains("work-1 ", "work-5 ", "1-5 of 20");
        screen.scrollBy(7);
        assertThat(text(lines(many(20), size))).contains("work-8 ", "work-12 ", "8-12 of 20");
        screen.scrollBy(1000);
        assertThat(text(lines(many(20), size))).contains("work-20 ", "16-20 of 20");
        screen.scrollBy(-1);
        assertThat(text(lines(many(20), size))).contains("15-19 of 20");
        screen.scrollBy(-1000);
        assertThat(text(lines(many(3), size))).contains("work-1 ", "by name");
    }

    @Test
    void neverExceedsTheTerminal() throws IOException {
        for (int width = 1; width < 120; width += 7) {
            for (int height = 12; height < 40; height += 5) {
                List<Line> lines = lines(many(30), new Size(width, height));

                assertThat(lines).hasSize(height);
            }
        }
    }

    private static String many(int workers) {
        return IntStream.rangeClosed(1, workers)
                .mapToObj(
                        n ->
                                "{\"name\":\"work-%d\",\"pid\":%d,\"state\":\"idle\",\"served\":0}"
                                        .formatted(n, 100 + n))
                .collect(Collectors.joining(",", "{\"pool\":{\"workers\":[", "]}}"));
    }

    private List<Line> lines(String figures, Size size) throws IOException {
        DaemonStats stats = new DaemonStats(JsonTest.read(figures));
        if (!noted) { // a second look would say that nothing was done in between
            cpu.note(stats.workers(), 0);
            noted = true;
        }
        return screen.lines(stats, "/run/parallite.sock", "12:00:01", size);
    }

    private static String text(List<Line> lines) {
        return lines.stream()
                .map(line -> line.text().stripTrailing())
                .collect(Collectors.joining("\n"));
    }
}
