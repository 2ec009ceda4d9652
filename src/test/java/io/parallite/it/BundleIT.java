package io.parallite.it;

import static io.parallite.deploy.Tool.project;
import static io.parallite.deploy.Tool.tool;
import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.deploy.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The archive that brings its own Java, unpacked to another place, where no Java of the machine is
 * any good. Needs a build with the bundle ({@code -DskipAot} leaves it out).
 */
final class BundleIT {

    private static final long MOST_BYTES = 60_000_000;

    @TempDir static Path directory;

    private static Path archive;
    private static Path home;

    @BeforeAll
    static void unpack() throws IOException {
        archive = find();
        Path place = Files.createDirectories(directory.resolve("another place"));
        tool("tar", "-xzf", archive, "-C", place).run().ok();
        home = place.resolve(archive.getFileName().toString().replace(".tar.gz", ""));
    }

    private static Path find() throws IOException {
        var pattern = FileSystems.getDefault().getPathMatcher("glob:parallite-*-*-*.tar.gz");
        try (Stream<Path> files = Files.list(project("target"))) {
            Path found =
                    files.filter(file -> pattern.matches(file.getFileName()))
                            .findFirst()
                            .orElse(null);
            assumeTrue(found != null, "this build left no bundle");
            return found;
        }
    }

    @Test
    void servesWithItsOwnJava() throws IOException {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .launchedBy(home.resolve("bin/parallite"))
                                .env("JAVA_HOME", "/nonexistent")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("task", closure("fn () => get_included_files()[0]"))
                    .assertResult(home.resolve("php/parallite-worker.php").toRealPath().toString());

            assertThat(Path.of("/proc/" + daemon.pid() + "/exe").toRealPath())
                    .isEqualTo(home.resolve("runtime/bin/java").toRealPath());
            assertThat(daemon.log()).doesNotContain("Exception", "WARNING");
        }
    }

    /** A licence that asks for its text to be passed on is passed on, whatever jar it comes in. */
    @Test
    void theJoinedLibrariesHaveAllLicencesAndServices() throws IOException {
        try (ZipFile joined = new ZipFile(home.resolve("lib/lib/boot/libraries.jar").toFile());
                Stream<Path> files = Files.walk(project("target/quarkus-app/lib"))) {
            List<Path> jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
            assertThat(jars).hasSizeGreaterThan(100);
            for (Path jar : jars) {
                if (!Files.exists(home.resolve("lib/lib/main").resolve(jar.getFileName()))) {
                    assertHasAllOf(joined, jar);
                }
            }
        }
    }

    private static void assertHasAllOf(ZipFile joined, Path path) throws IOException {
        String library = path.getFileName().toString().replaceFirst("\\.jar$", "");
        try (ZipFile jar = new ZipFile(path.toFile())) {
            for (ZipEntry entry : jar.stream().toList()) {
                String name = entry.getName();
                if (name.matches("META-INF/(LICENSE|NOTICE)[^/]*")) {
                    assertThat(
                                    text(
                                            joined,
                                            name.replace(
                                                    "META-INF", "META-INF/licenses/" + library)))
                            .isEqualTo(text(jar, name));
                } else if (name.matches("META-INF/services/[^/]+")) {
                    assertThat(text(joined, name).lines())
                            .containsAll(text(jar, name).lines().toList());
                } else if (name.endsWith(".class") && !name.endsWith("module-info.class")) {
                    assertThat(joined.getEntry(name)).as(name).isNotNull();
                }
            }
        }
    }

    private static String text(ZipFile jar, String name) throws IOException {
        ZipEntry entry = jar.getEntry(name);
        assertThat(entry).as("%s in %s", name, jar.getName()).isNotNull();
        return new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void theAotCachesFit() {
        String strict = "-XX:AOTMode=on -Xlog:aot=warning -Xlog:cds=warning";

        assertThat(parallite(Map.of("PARALLITE_JAVA_OPTS", strict), "--version").ok())
                .startsWith("Parallite ")
                .hasLineCount(1);
        assertThat(parallite(Map.of(), "doctor").output())
                .contains("runtime\n")
                .containsPattern("ok +aot cache .* fits");
    }

    @Test
    void doctorNamesAJavaThatTakesThePlaceOfItsOwn() {
        Map<String, String> other = Map.of("PARALLITE_JAVA", System.getProperty("java.home"));

        assertThat(parallite(other, "doctor").output())
                .containsPattern("warn +java .*" + System.getProperty("java.home"))
                .contains("leave PARALLITE_JAVA unset");
    }

    @Test
    void demoRunsTheTourAndLeavesNothing() throws IOException {
        Path scratch = Files.createDirectory(directory.resolve("tmp"));
        Map<String, String> environment =
                Map.of(
                        "PARALLITE_FIXED_WORKERS",
                        "not read",
                        "PARALLITE_JAVA_OPTS",
                        "-Djava.io.tmpdir=" + scratch);

        assertThat(parallite(environment, "demo").ok())
                .contains("4 workers")
                .endsWith("Everything came out as it should.\n");
        assertThat(scratch).isEmptyDirectory();
    }

    @Test
    void demoSaysWhatItLacks() {
        Tool.Ended demo = parallite(Map.of("PARALLITE_PHP_BINARY", "/nonexistent/php"), "demo");

        assertThat(demo.exitCode()).isEqualTo(78);
        assertThat(demo.output()).contains("/nonexistent/php cannot be run").hasLineCount(1);
    }

    /** Where nothing but PHP and this package is installed, and the project allows it. */
    @Test
    void aProgramThatStartsItsDaemonInstallsItFirst() throws Exception {
        Path project = Files.createDirectory(directory.resolve("project"));
        Files.writeString(
                project.resolve("composer.json"),
                "{\"extra\": {\"parallite\": {\"install\": true}}}");
        Files.writeString(
                project.resolve("program.php"),
                """
                <?php
                require '%s';
                $client = new B7s\\Parallite\\Client(autostart: new B7s\\Parallite\\Daemon\\Autostart(__DIR__));
                echo $client->run(fn () => 6 * 7), ' by ', $client->ping()['pid'];
                """
                        .formatted(project("php/autoload.php")));

        String output =
                tool("php", project.resolve("program.php"))
                        .env(
                                Map.of(
                                        "PATH",
                                        programsWithoutParallite(),
                                        "XDG_CACHE_HOME",
                                        directory.resolve("cache").toString(),
                                        "XDG_RUNTIME_DIR",
                                        Files.createDirectory(directory.resolve("run")).toString(),
                                        "PARALLITE_RELEASES",
                                        releases().toString()))
                        .run()
                        .ok();

        assertThat(output).startsWith("42 by ");
        ProcessHandle daemon =
                ProcessHandle.of(Long.parseLong(output.replace("42 by ", "").strip()))
                        .orElseThrow();
        assertThat(daemon.info().command().orElseThrow())
                .isEqualTo(cache().resolve("runtime/bin/java").toRealPath().toString());
        daemon.destroy();
        daemon.onExit().get();
    }

    /**
     * A directory with links to all programs of the PATH but a daemon that the machine may have.
     */
    private static String programsWithoutParallite() throws IOException {
        Path links = Files.createDirectory(directory.resolve("programs"));
        for (String place : System.getenv("PATH").split(":")) {
            if (Files.isDirectory(Path.of(place))) {
                try (Stream<Path> programs = Files.list(Path.of(place))) {
                    for (Path program : programs.toList()) {
                        Path link = links.resolve(program.getFileName());
                        if (!link.endsWith("parallite") && !Files.exists(link, NOFOLLOW_LINKS)) {
                            Files.createSymbolicLink(link, program);
                        }
                    }
                }
            }
        }
        return links.toString();
    }

    private static Path cache() throws IOException {
        try (Stream<Path> versions = Files.list(directory.resolve("cache/parallite"))) {
            return versions.filter(Files::isDirectory).findFirst().orElseThrow();
        }
    }

    /** A directory with what a release has. */
    private static Path releases() throws IOException {
        Path releases = Files.createDirectory(directory.resolve("releases"));
        Files.createSymbolicLink(releases.resolve(archive.getFileName()), archive);
        String sums = tool("sha256sum", archive.getFileName()).in(releases).run().ok();
        Files.writeString(releases.resolve("SHA256SUMS"), sums);
        return releases;
    }

    @Test
    void isSmallEnoughToDownload() throws IOException {
        assertThat(Files.size(archive)).isLessThanOrEqualTo(MOST_BYTES);
    }

    @Test
    void bringsTheLicencesOfItsJava() {
        assertThat(home.resolve("runtime/legal/java.base/LICENSE")).isNotEmptyFile();
    }

    private static Tool.Ended parallite(Map<String, String> environment, String command) {
        return tool(home.resolve("bin/parallite"), command).env(environment).run();
    }
}
