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
        program(
                "php",
                """
                [ -f %s ] && exit 0
                case "$*" in
                    *pdo_sqlite*) printf %%s "$WISHED" ;;
                    *) printf %%s "$MISSING" ;;
                esac
                """
                        .formatted(installed));
        program("apt-get", "echo \"$*\" >>%s;".formatted(installed));
        program("id", "echo \"$USER_ID\"");
    }

    private void program(String name, String body) throws IOException {
        Path file = Files.writeString(bin.resolve(name), "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private Tool.Ended run(String argument, String missing, String wished, int user) {
        return Tool.tool("sh", Tool.project("deploy/require-php"), argument)
                .env(
                        Map.of(
                                "PATH",
                                bin + ":" + System.getenv("PATH"),
                                "MISSING",
                                missing,
                                "WISHED",
                                wished,
                                "USER_ID",
                                Integer.toString(user)))
                .run();
    }

    @Test
    void saysNothingWhenAllIsThere() {
        assertThat(run("--for-tests", "", "", 0)).isEqualTo(new Tool.Ended(0, ""));
        assertThat(installed).doesNotExist();
    }

    @Test
    void bringsWhatOnlySomeTestsNeed() {
        Tool.Ended ended = run("--for-tests", "", "the extension gd", 0);

        assertThat(ended.output()).contains("missing: the extension gd");
        assertThat(ended.exitCode()).isZero();
        assertThat(installed).content().contains("install", "php-gd", "php-phpstan-phpdoc-parser");
    }

    @Test
    void goesOnWithoutWhatOnlySomeTestsNeed() {
        Tool.Ended ended = run("--for-tests", "", "the extension gd", 1000);

        assertThat(ended.exitCode()).isZero();
        assertThat(ended.output()).contains("as root, run: apt-get install", "are skipped");
    }

    @Test
    void failsWithoutWhatIsNeeded() {
        Tool.Ended ended = run("--for-tests", "phpunit", "the extension gd", 1000);

        assertThat(ended.exitCode()).isEqualTo(69);
        assertThat(ended.output()).contains("missing: phpunit").doesNotContain("are skipped");
    }
}
