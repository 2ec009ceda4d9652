package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.cli.Finding.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SystemCheckTest {

    private static final long MEGABYTE = 1L << 20;

    @TempDir private Path root;

    @BeforeEach
    void makeComfortable() throws IOException {
        limits("1048576", "63000");
        write("proc/meminfo", "MemTotal:       16000000 kB\nMemFree: 1 kB\n");
    }

    @Test
    void isContentWhereThereIsRoom() {
        assertThat(look(32, 128 * MEGABYTE))
                .filteredOn(
                        finding -> !List.of("guards", "worker limits").contains(finding.topic()))
                .allMatch(finding -> finding.level() == Level.OK)
                .extracting(Finding::topic)
                .containsExactly("open files", "processes", "memory");
    }

    @Test
    void saysByWhatWorkersAreLimited() {
        assertThat(look(32, MEGABYTE)).extracting(Finding::topic).contains("worker limits");
    }

    @ParameterizedTest
    @CsvSource({
        "87, FAIL",
        "88, WARN",
        "207, WARN",
        "208, WARN",
        "1023, WARN",
        "1024, OK",
        "unlimited, OK"
    })
    void wantsOpenFilesForWorkersAndClients(String limit, Level expected) throws IOException {
        limits(limit, "63000");

        assertThat(level(look(32, MEGABYTE), "open files")).isEqualTo(expected);
    }

    @Test
    void wantsProcessesForWorkersWithinTheStricterLimit() throws IOException {
        assertThat(level(look(32, MEGABYTE), "processes")).isEqualTo(Level.OK);

        write("sys/fs/cgroup/pids.max", "100\n");

        assertThat(level(look(32, MEGABYTE), "processes")).isEqualTo(Level.WARN);
        assertThat(level(look(15, MEGABYTE), "processes")).isEqualTo(Level.OK);

        write("sys/fs/cgroup/pids.max", "39\n");

        assertThat(level(look(32, MEGABYTE), "processes"))
                .as("not even a start")
                .isEqualTo(Level.FAIL);
    }

    @Test
    void countsNoProcessesOfRoot() throws IOException {
        limits("65536", "20");
        write("proc/self/status", "Name:\tjava\nUid:\t0\t0\t0\t0\n");
        write("proc/self/uid_map", "         0          0 4294967295\n");
        assertThat(level(look(32, MEGABYTE), "processes")).isEqualTo(Level.OK);

        write("proc/self/uid_map", "         0       1000          1\n");
        assertThat(level(look(32, MEGABYTE), "processes")).isEqualTo(Level.FAIL);
    }

    @Test
    void comparesTheWorstCaseWithTheMemoryOfTheContainer() throws IOException {
        assertThat(level(look(32, 256 * MEGABYTE), "memory")).isEqualTo(Level.OK);
        assertThat(level(look(1000, 256 * MEGABYTE), "memory")).isEqualTo(Level.WARN);
        assertThat(level(look(32, 0), "memory")).isEqualTo(Level.WARN);

        write("sys/fs/cgroup/memory.max", "max\n");
        assertThat(level(look(32, 256 * MEGABYTE), "memory")).isEqualTo(Level.OK);

        write("sys/fs/cgroup/memory.max", String.valueOf(1024 * MEGABYTE));
        assertThat(look(32, 256 * MEGABYTE))
                .filteredOn(finding -> finding.topic().equals("memory"))
                .allMatch(finding -> finding.level() == Level.WARN)
                .allMatch(finding -> finding.text().contains("1.07 GB for this group"));
    }

    @ParameterizedTest
    @CsvSource({
        "128, 100, 25, OK, between tasks",
        "128, 25, 25, FAIL, not above the 26.2 MB",
        "128, 128, 25, WARN, not below PHP's memory_limit of 134 MB",
        "0, 300, 25, OK, between tasks",
        "1000, 600, 25, WARN, at most 20.7 GB",
        "128, 0, 25, , ",
    })
    void judgesTheMemoryWithWhichWorkersAreReplaced(
            long limit, long kept, long booted, Level expected, String text) {
        List<Finding> findings =
                look(
                        new SystemCheck.Workers(
                                2, 32, limit * MEGABYTE, kept * MEGABYTE, booted * MEGABYTE));

        assertThat(findings)
                .filteredOn(finding -> finding.topic().equals("worker memory"))
                .hasSize(expected == null ? 0 : 1)
                .allMatch(finding -> finding.level() == expected && finding.text().contains(text));
    }

    @Test
    void everythingThatIsNotWellHasAdvice() throws IOException {
        limits("10", "10");

        assertThat(look(1000, 0))
                .filteredOn(finding -> finding.level() != Level.OK)
                .hasSizeGreaterThanOrEqualTo(3)
                .allMatch(finding -> !finding.advice().isEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "128M, 134217728",
        "1g, 1073741824",
        "512k, 524288",
        "1000, 1000",
        "-1, 0",
        "'', 0"
    })
    void readsPhpsShorthandForBytes(String text, long bytes) {
        assertThat(PhpCheck.bytes(text)).isEqualTo(bytes);
    }

    private List<Finding> look(long workers, long memoryLimit) {
        return look(new SystemCheck.Workers(2, workers, memoryLimit, 0, 0));
    }

    private List<Finding> look(SystemCheck.Workers workers) {
        return new SystemCheck(workers, root).look();
    }

    private static Level level(List<Finding> findings, String topic) {
        return findings.stream()
                .filter(finding -> finding.topic().equals(topic))
                .findFirst()
                .orElseThrow()
                .level();
    }

    private void limits(String files, String processes) throws IOException {
        write(
                "proc/self/limits",
                """
                Limit                     Soft Limit           Hard Limit           Units
                Max processes             %-20s 63000                processes
                Max open files            %-20s 1048576              files
                """
                        .formatted(processes, files));
    }

    private void write(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
