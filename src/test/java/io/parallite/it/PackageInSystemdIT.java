package io.parallite.it;

import static io.parallite.deploy.Tool.project;
import static io.parallite.deploy.Tool.tool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.deploy.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The package for Debian in a system that its systemd runs: the unit as it is shipped, in a
 * container that forgets everything. {@code deploy/root-for-tests} makes its root file system once;
 * without that, without root and without a package the test is skipped.
 */
final class PackageInSystemdIT {

    private static final Path STEPS = project("src/test/resources/it/systemd");
    private static final int PATIENCE_SECONDS = 170;

    @TempDir Path directory;

    private Path root;
    private Path archive;

    @BeforeEach
    void findAll() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        for (String program : List.of("systemd-nspawn", "timeout", "dpkg")) {
            assumeTrue(Tool.isInstalled(program), program + " is not installed");
        }
        root = Path.of(tool(project("deploy/root-for-tests"), "--where").run().ok().strip());
        assumeTrue(
                Files.isDirectory(root),
                root + " is not there; deploy/root-for-tests makes it, in some minutes");
        String end = "_%s.deb".formatted(tool("dpkg", "--print-architecture").run().ok().strip());
        try (Stream<Path> files = Files.list(project("target"))) {
            List<Path> archives = files.filter(file -> file.toString().endsWith(end)).toList();
            assumeTrue(!archives.isEmpty(), "this build left no package");
            archive = archives.getFirst();
        }
    }

    @Test
    void livesFromInstallationToPurgeAsTheUnitSays() throws IOException {
        Files.copy(archive, directory.resolve("package.deb"));
        Path steps = Files.copy(STEPS.resolve("steps"), directory.resolve("steps"));
        Files.setPosixFilePermissions(steps, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path unit = Files.copy(STEPS.resolve("package-test.service"), directory.resolve("unit"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(unit, PosixFilePermissions.fromString("rw-r--r--"));

        Tool.Ended booted =
                tool(
                                "timeout",
                                PATIENCE_SECONDS,
                                "systemd-nspawn",
                                "--quiet",
                                "--boot",
                                "--register=no",
                                "--keep-unit",
                                "--volatile=overlay",
                                "--machine=parallite-" + ProcessHandle.current().pid(),
                                "--directory=" + root,
                                "--bind=" + bound(directory) + ":/test",
                                "--bind-ro="
                                        + bound(unit)
                                        + ":/etc/systemd/system/package-test.service",
                                "systemd.wants=package-test.service")
                        .run();

        Path log = directory.resolve("log");
        assumeTrue(Files.exists(log), "no container boots here: " + booted.output());
        String said = Files.readString(log);
        assertThat(said.lines().filter(line -> line.startsWith("ok ")))
                .as(said)
                .containsExactly(
                        "ok install",
                        "ok start",
                        "ok deploy",
                        "ok broken-reload",
                        "ok watchdog",
                        "ok drain",
                        "ok upgrade",
                        "ok purge");
    }

    /** A path as nspawn takes it in a list that colons divide. */
    private static String bound(Path path) {
        return path.toString().replace(":", "\\:");
    }
}
