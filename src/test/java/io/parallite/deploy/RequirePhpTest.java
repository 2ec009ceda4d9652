package io.parallite.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.condition.OS.LINUX;
import static org.junit.jupiter.api.condition.OS.MAC;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.io.TempDir;

/** {@code deploy/require-php}, with a PHP and an apt-get that only say what a test has them say. */
@EnabledOnOs({LINUX, MAC})
final class RequirePhpTest {

    @TempDir private Path bin;
    private Path installed;

    @BeforeEach
    void fake() throws IOException {
        installed = bin.resolve("installed");
        program("php", "[ -f %s ] || printf %%s \"$MISSING\"".formatted(installed));
        program("apt-get", "echo \"$*\" >>%s".formatted(installed));
        program("id", "echo \"$USER_ID\"");
    }

    private void program(String name, String body) throws IOException {
        Path file = Files.writeString(bin.resolve(name), "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private Tool.Ended run(String missing, int user, String... arguments) {
        return Tool.tool("sh", Tool.project("deploy/require-php"), String.join(" ", arguments))
                .env(
                        Map.of(
                                "PATH",
                                bin + ":" + System.getenv("PATH"),
                                "MISSING",
                                missing,
                                "USER_ID",
                                Integer.toString(user)))
                .run();
    }

    @Test
    void saysNothingWhenAllIsThere() {
        assertThat(run("", 0)).isEqualTo(new Tool.Ended(0, ""));
        assertThat(installed).doesNotExist();
    }

    @Test
    void installsWhatIsMissing() {
        Tool.Ended ended = run("the extension msgpack", 0);

        assertThat(ended.output()).contains("missing: the extension msgpack");
        assertThat(ended.exitCode()).isZero();
        assertThat(installed).content().contains("install", "php-msgpack");
    }

    @Test
    void waitsForTheLockOfAnotherProcess() throws IOException {
        program(
                "apt-get",
                """
                echo "$*" >>%1$s
                [ $(wc -l <%1$s) -gt 1 ] && exit 0
                echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1' >&2
                exit 100
                """
                        .formatted(bin.resolve("calls")));
        program(
                "php",
                "[ $(cat %s 2>/dev/null | wc -l) -gt 1 ] || printf msgpack"
                        .formatted(bin.resolve("calls")));

        assertThat(run("", 0).exitCode()).isZero();
        assertThat(bin.resolve("calls"))
                .content()
                .contains("DPkg::Lock::Timeout=300")
                .doesNotContain("update");
    }

    @Test
    void onlyReportsWhenAsked() {
        Tool.Ended ended = run("the extension msgpack", 0, "--check");

        assertThat(ended.exitCode()).isEqualTo(69);
        assertThat(ended.output()).contains("as root, run: apt-get install");
        assertThat(installed).doesNotExist();
    }

    @Test
    void saysWhatToRunWithoutTheRights() {
        Tool.Ended ended = run("the extension msgpack", 1000);

        assertThat(ended.exitCode()).isEqualTo(69);
        assertThat(ended.output()).contains("as root, run: apt-get install");
        assertThat(installed).doesNotExist();
    }
}
