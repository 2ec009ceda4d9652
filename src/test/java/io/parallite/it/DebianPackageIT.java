package io.parallite.it;

import static io.parallite.deploy.Tool.project;
import static io.parallite.deploy.Tool.tool;
import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.deploy.Tool;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The package for Debian, installed on this machine and purged again. Needs root, dpkg, a build
 * with the package ({@code -DskipAot} leaves it out), and a machine without Parallite.
 *
 * <p>Holds the lock of dpkg's frontends meanwhile, as one of them: waits for a running {@code apt}
 * and for this test of another clone, and they for it.
 */
final class DebianPackageIT {

    private static final Path LAUNCHER = Path.of("/usr/bin/parallite");
    private static final Path HOME = Path.of("/usr/lib/parallite");
    private static final Path CONFIG = Path.of("/etc/parallite/parallite.json");

    private static final Path LOCK = Path.of("/var/lib/dpkg/lock-frontend");

    private static FileChannel lock;

    private Path archive;
    private boolean ours;

    @BeforeAll
    static void waitForOthers() throws IOException {
        assumeTrue(Tool.isInstalled("dpkg"), "dpkg is not installed");
        assumeTrue(Files.isWritable(LOCK.getParent()), "needs root");
        lock = FileChannel.open(LOCK, CREATE, WRITE);
        lock.lock();
    }

    @AfterAll
    static void unlock() throws IOException {
        if (lock != null) {
            lock.close();
        }
    }

    @BeforeEach
    void findPackage() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        assumeTrue(
                Stream.of(LAUNCHER, HOME, CONFIG).noneMatch(DebianPackageIT::exists),
                "Parallite is installed on this machine");
        String end = "_%s.deb".formatted(tool("dpkg", "--print-architecture").run().ok().strip());
        try (Stream<Path> files = Files.list(project("target"))) {
            List<Path> archives = files.filter(file -> file.toString().endsWith(end)).toList();
            assumeTrue(!archives.isEmpty(), "this build left no package");
            archive = archives.getFirst();
        }
        ours = true;
    }

    @AfterEach
    void leaveNothing() {
        if (ours) {
            dpkg("--purge", "--force-all", "parallite");
        }
    }

    @Test
    void installsServesAndLeavesNothing() throws IOException {
        install();

        assertThat(run("--version").ok()).startsWith("Parallite ");
        assertThat(tool("id", "parallite").run().ok()).contains("parallite");
        try (DaemonProcess daemon =
                        daemon("--config", CONFIG.toString()).launchedBy(LAUNCHER).startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("task", closure("fn () => get_included_files()[0]"))
                    .assertResult(HOME.resolve("php/parallite-worker.php").toString());
        }

        Files.writeString(CONFIG, "{\"fixed_workers\": 3}");
        install();
        assertThat(CONFIG).as("after an upgrade").hasContent("{\"fixed_workers\": 3}");

        dpkg("--remove", "parallite").ok();
        assertThat(exists(LAUNCHER)).isFalse();
        assertThat(HOME).doesNotExist();
        assertThat(CONFIG).exists();

        dpkg("--purge", "parallite").ok();
        assertThat(CONFIG.getParent()).doesNotExist();
        assertThat(tool("id", "parallite").run().exitCode()).isNotZero();
        for (String place : List.of("/etc", "/usr/lib", "/usr/share", "/lib/systemd", "/var/lib")) {
            assertThat(
                            tool("find", place, "-name", "parallite*", "-not", "-path", "*/dpkg/*")
                                    .run())
                    .extracting(Tool.Ended::output)
                    .isEqualTo("");
        }
    }

    @Test
    void theAotCacheFitsWhereItIsInstalled() {
        install();
        String log =
                tool(LAUNCHER, "--version")
                        .env(
                                Map.of(
                                        "PARALLITE_JAVA_OPTS",
                                        "-XX:AOTMode=on -Xlog:aot=warning -Xlog:cds=warning"))
                        .run()
                        .ok();

        assertThat(log).startsWith("Parallite ");
    }

    @Test
    void lintianFindsNothingInThePackage() {
        assertLintianFindsNothing(archive);
    }

    /** What an archive takes the package by: its checksums, and the distribution. */
    @Test
    void lintianFindsNothingInTheChanges() {
        String name = archive.getFileName().toString().replaceFirst("\\.deb$", ".changes");

        assertLintianFindsNothing(archive.resolveSibling(name));
    }

    private static void assertLintianFindsNothing(Path file) {
        assumeTrue(Tool.isInstalled("lintian"), "lintian is not installed");

        String found =
                tool("lintian", "--allow-root", "--fail-on", "error,warning", file).run().ok();

        assertThat(found).doesNotContain("E: ", "W: ");
    }

    private void install() {
        dpkg("--install", "--force-depends", "--force-confold", archive.toString()).ok();
    }

    private static Tool.Ended dpkg(String... arguments) {
        return tool(Stream.concat(Stream.of("dpkg"), Stream.of(arguments)).toArray())
                .env(Map.of("DEBIAN_FRONTEND", "noninteractive", "DPKG_FRONTEND_LOCKED", "1"))
                .run();
    }

    private static Tool.Ended run(String argument) {
        return tool(LAUNCHER, argument).run();
    }

    private static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }
}
