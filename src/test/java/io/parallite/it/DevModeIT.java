package io.parallite.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./mvnw quarkus:dev} in a copy of the project: a change of Java code is served at once. */
final class DevModeIT {

    private static final Duration START = Duration.ofMinutes(4);
    private static final Duration RELOAD = Duration.ofMinutes(1);

    /** What the development of the daemon needs; classes that are compiled need no compiler. */
    private static final List<String> PARTS =
            List.of("pom.xml", "mvnw", ".mvn", "src/main", "php", "deploy", "target/classes");

    @TempDir private Path directory;

    @Test
    void javaChangeReloadsAndTheSocketComesBack() throws IOException, InterruptedException {
        Path project = directory.resolve("project");
        PARTS.forEach(part -> copy(Path.of(part), project.resolve(part)));
        Process dev = start(project);
        try {
            awaitServing(dev, START);
            long before = workerPid();

            Path code = project.resolve("src/main/java/io/parallite/Daemon.java");
            String text = Files.readString(code);
            assertThat(text).contains("accepts connections socket");
            Files.writeString(code, text.replace("accepts connections socket", "is new, socket"));
            press(dev, "s");

            await().atMost(RELOAD).until(() -> log().contains("is new, socket"));
            awaitServing(dev, RELOAD);
            assertThat(workerPid()).as("workers are new, too").isNotEqualTo(before);

            press(dev, "q");
            assertThat(dev.waitFor(30, TimeUnit.SECONDS)).as(this::log).isTrue();
            assertThat(socket()).doesNotExist();
        } finally {
            dev.descendants().forEach(ProcessHandle::destroyForcibly);
            dev.destroyForcibly().waitFor();
        }
    }

    private Process start(Path project) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                                "./mvnw",
                                "quarkus:dev",
                                "-Ddebug=false",
                                "-Dquarkus.analytics.disabled=true",
                                "-Dquarkus.console.color=false")
                        .directory(project.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("log").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PARALLITE_"));
        builder.environment().put("PARALLITE_SOCKET", socket().toString());
        builder.environment().put("PARALLITE_FIXED_WORKERS", "1");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder.start();
    }

    /** Waits as a client does that tries again while nobody listens. */
    private void awaitServing(Process dev, Duration patience) {
        await().atMost(patience)
                .pollInterval(Duration.ofMillis(200))
                .until(
                        () -> {
                            assertThat(dev.isAlive()).as(this::log).isTrue();
                            return workerPid() > 0;
                        });
    }

    /** The process of the idle worker, 0 while there is none. */
    private long workerPid() {
        try (TestClient client =
                TestClient.connect(UnixDomainSocketAddress.of(socket()), Encoding.JSON)) {
            Stats stats = new Stats(client.call(TestClient.request("stats", "stats")));
            return stats.idle() == 1 ? stats.workers().getFirst().pid() : 0;
        } catch (UncheckedIOException | AssertionError e) {
            return 0;
        }
    }

    private static void press(Process dev, String key) throws IOException {
        OutputStream keyboard = dev.getOutputStream();
        keyboard.write((key + "\n").getBytes(StandardCharsets.US_ASCII));
        keyboard.flush();
    }

    private Path socket() {
        return directory.resolve("dev.sock");
    }

    private String log() {
        try {
            return Files.readString(directory.resolve("log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(Path from, Path to) {
        try {
            Files.walkFileTree(
                    from,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes a)
                                throws IOException {
                            Path target = to.resolve(from.relativize(file).toString());
                            if (from.equals(file)) {
                                target = to;
                            }
                            Files.createDirectories(target.getParent());
                            Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
