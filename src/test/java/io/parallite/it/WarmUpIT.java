package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What a start does beside Quarkus' boot; see {@code WarmUp}. */
@EnabledOnOs(OS.LINUX)
final class WarmUpIT {

    private static final int NICE = 4;

    @Test
    void compilersGiveWayToTheDaemonAndToNobodyElse() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest()) {
            long own = nice(thread(daemon.pid(), daemon.pid()));

            await().ignoreExceptions() // threads come and go
                    .untilAsserted(
                            () ->
                                    assertThat(compilers(daemon.pid()))
                                            .isNotEmpty()
                                            .allMatch(thread -> nice(thread) == own + NICE));
            long worker = daemon.stats().workers().getFirst().pid();
            assertThat(nice(thread(worker, worker))).as("of a worker").isEqualTo(own);
        }
    }

    private static Path thread(long process, long thread) {
        return Path.of("/proc/%d/task/%d".formatted(process, thread));
    }

    private static List<Path> compilers(long process) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/%d/task".formatted(process)))) {
            return threads.filter(thread -> read(thread, "comm").matches("C[12] Compiler.*\\s*"))
                    .toList();
        }
    }

    private static long nice(Path thread) {
        String stat = read(thread, "stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[16]);
    }

    private static String read(Path thread, String file) {
        try {
            return Files.readString(thread.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
