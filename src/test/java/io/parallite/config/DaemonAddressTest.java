package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DaemonAddressTest {

    private static final Map<String, String> NOTHING = Map.of();
    private static final Map<String, String> VARIABLE = Map.of("PARALLITE_SOCKET", "/run/env.sock");

    @TempDir private Path project;

    @Test
    void takesTheFlagBeforeAllElse() throws IOException {
        write("parallite.json", "{\"socket\": \"/run/file.sock\"}");

        assertThat(find("/run/flag.sock", null, VARIABLE)).isEqualTo("/run/flag.sock");
        assertThat(find("localhost:9876", null, VARIABLE)).isEqualTo("localhost:9876");
    }

    @Test
    void takesTheFileThatWasAskedForBeforeOneThatIsThere() throws IOException {
        Path file = write("other.json", "{\"socket\": \"/run/other.sock\"}");
        write("parallite.json", "{\"socket\": \"/run/file.sock\"}");

        assertThat(find(null, file, NOTHING)).isEqualTo("/run/other.sock (" + file + ")");
    }

    @Test
    void takesTheEnvironmentBeforeFilesAsTheDaemonDoes() throws IOException {
        Path file = write("parallite.json", "{\"socket\": \"/run/file.sock\"}");

        assertThat(find(null, file, VARIABLE)).isEqualTo("/run/env.sock (PARALLITE_SOCKET)");
        assertThat(find(null, null, VARIABLE)).isEqualTo("/run/env.sock (PARALLITE_SOCKET)");
    }

    @Test
    void findsTheFileInADirectoryAbove() throws IOException {
        Path file = write("parallite.json", "{\"socket\": \"run/own.sock\", \"unknown\": 1}");
        Path below = Files.createDirectories(project.resolve("src/deep"));

        DaemonAddress address = DaemonAddress.find(null, null, NOTHING, below);

        assertThat(address.text()).isEqualTo(project.resolve("run/own.sock").toString());
        assertThat(address.source()).isEqualTo(file.toString());
    }

    @Test
    void findsTheTokenBesideTheAddressOrInTheEnvironment() throws IOException {
        write("token", "0123456789abcdef");
        write("parallite.json", "{\"socket\": \"127.0.0.1:1\", \"auth_token_file\": \"token\"}");

        assertThat(DaemonAddress.find(null, null, NOTHING, project).token()).isPresent();
        assertThat(DaemonAddress.find("127.0.0.1:1", null, NOTHING, project).token()).isEmpty();
        assertThat(
                        DaemonAddress.find(
                                        "127.0.0.1:1",
                                        null,
                                        Map.of("PARALLITE_AUTH_TOKEN_FILE", "token"),
                                        project)
                                .token())
                .isPresent();
        assertThat(
                        DaemonAddress.find(
                                        "/run/p.sock",
                                        null,
                                        Map.of("PARALLITE_AUTH_TOKEN_FILE", "token"),
                                        project)
                                .token())
                .as("a socket's permissions are enough")
                .isEmpty();
    }

    @Test
    void sendsNoCommandOverTls() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> find("tls://web:9876", null, NOTHING))
                .withMessageContaining("at its socket or a loopback host:port");
    }

    @Test
    void fallsBackToTheDefault() throws IOException {
        assertThat(find(null, null, NOTHING)).isEqualTo(ListenAddress.byDefault() + " (default)");

        write("parallite.json", "{\"fixed_workers\": 2}");
        assertThat(find(null, null, NOTHING)).isEqualTo(ListenAddress.byDefault() + " (default)");
    }

    @Test
    void asksNoOtherDaemonWhenTheFileCannotBeRead() throws IOException {
        write("parallite.json", "{\"socket\": ");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> find(null, null, NOTHING))
                .withMessageContaining("not valid JSON");
    }

    @Test
    void refusesWhatIsNoAddress() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> find("tcp://localhost", null, NOTHING))
                .withMessageContaining("socket=tcp://localhost in --socket is not valid");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> find(null, Path.of("missing.json"), NOTHING))
                .withMessageContaining("missing.json does not exist");
    }

    private String find(
            @Nullable String flag, @Nullable Path file, Map<String, String> environment) {
        return DaemonAddress.find(flag, file, environment, project).described();
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(project.resolve(name), content);
    }
}
