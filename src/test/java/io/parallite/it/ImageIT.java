package io.parallite.it;

import static io.parallite.deploy.Tool.project;
import static io.parallite.deploy.Tool.tool;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.parallite.deploy.Dockerfile;
import io.parallite.deploy.Tool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be known of the container images without building them: no engine is needed here. */
final class ImageIT {

    private static final Path DOCKER = project("deploy/docker");
    private static final String HOME = "/opt/parallite/";

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"Dockerfile.jvm", "Dockerfile.native"})
    void whatIsCopiedAndStartedIsThere(String name) throws IOException {
        Dockerfile dockerfile = Dockerfile.read(DOCKER.resolve(name));

        for (String copy : dockerfile.all("COPY")) {
            if (!copy.contains("--from=")) {
                assertThat(Dockerfile.sources(copy))
                        .allSatisfy(
                                source -> {
                                    assertThat(project(source)).exists();
                                    assertThat(isIgnored(source)).as(source).isFalse();
                                });
            }
        }
        String start = dockerfile.last("ENTRYPOINT").replaceAll(".*\"(.*)\"]", "$1");
        assertThat(start).startsWith(HOME);
        assertThat(Distribution.home().resolve(start.substring(HOME.length()))).isExecutable();
        assertThat(dockerfile.last("USER")).matches("[1-9]\\d*:[1-9]\\d*");
    }

    @Test
    void theBuildNeedsNothingThatIsIgnored() {
        assertThat(
                        List.of(
                                "pom.xml",
                                "mvnw",
                                ".mvn/jvm.config",
                                "src/main",
                                "php/src",
                                "README.md"))
                .allSatisfy(
                        path -> {
                            assertThat(project(path)).exists();
                            assertThat(isIgnored(path)).as(path).isFalse();
                        });
        assertThat(isIgnored("target")).isTrue();
        assertThat(isIgnored(".git")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Dockerfile.jvm", "Dockerfile.native"})
    void bringsThePhpThatIsRequired(String name) throws IOException {
        String required = Files.readString(project("deploy/require-php"));
        String install =
                required.lines()
                        .filter(line -> line.contains("php-cli") && !line.contains("#"))
                        .filter(line -> line.startsWith("install="))
                        .findFirst()
                        .orElseThrow();
        String run =
                Dockerfile.read(DOCKER.resolve(name)).all("RUN").stream()
                        .filter(line -> line.startsWith("apt-get"))
                        .findFirst()
                        .orElseThrow();

        assertThat(php(run)).isNotEmpty().isEqualTo(php(install));
    }

    @Test
    void theHealthCheckSucceedsWhereADaemonAnswers() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest()) {
            assertThat(health(daemon.socket()).exitCode()).isZero();
        }
    }

    @Test
    void theHealthCheckFailsWhereNobodyAnswers() {
        Tool.Ended ended = health(directory.resolve("nobody.sock"));

        assertThat(ended.exitCode()).isOne();
        assertThat(ended.output()).contains("nobody.sock");
    }

    @Test
    void composeNamesWhatIsThere() throws IOException {
        JsonNode compose = new YAMLMapper().readTree(DOCKER.resolve("compose.yaml").toFile());
        JsonNode build = compose.at("/services/parallite/build");
        Path context = DOCKER.resolve(build.get("context").asText()).normalize();

        assertThat(context).isEqualTo(project(""));
        assertThat(context.resolve(build.get("dockerfile").asText())).isRegularFile();
        for (JsonNode service : compose.get("services")) {
            List<String> mounts =
                    Stream.of(service.get("volumes"))
                            .flatMap(list -> stream(list).map(JsonNode::asText))
                            .toList();
            assertThat(mounts).contains("run:/run/parallite");
            assertThat(stream(service.path("depends_on")).count()).isLessThanOrEqualTo(1);
            assertThat(service.path("user").asText("33:33")).isEqualTo("33:33");
        }
        assertThat(compose.at("/volumes").has("run")).isTrue();
        assertThat(Distribution.php("examples/demo.php")).isRegularFile();
    }

    private static Tool.Ended health(Path socket) {
        return tool(DOCKER.resolve("healthcheck"))
                .env(
                        Map.of(
                                "PARALLITE_HOME", Distribution.home().toString(),
                                "PARALLITE_SOCKET", socket.toString()))
                .run();
    }

    private static Stream<JsonNode> stream(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    private static TreeSet<String> php(String text) {
        TreeSet<String> packages = new TreeSet<>();
        Matcher matcher = Pattern.compile("\\bphp-[a-z-]+").matcher(text);
        while (matcher.find()) {
            packages.add(matcher.group());
        }
        return packages;
    }

    /** As Docker reads {@code .dockerignore}: a pattern that fits the path or a parent of it. */
    private static boolean isIgnored(String path) {
        try {
            return Files.readAllLines(project(".dockerignore")).stream()
                    .map(pattern -> FileSystems.getDefault().getPathMatcher("glob:" + pattern))
                    .anyMatch(
                            pattern -> {
                                Path at = Path.of(path);
                                while (at != null && !pattern.matches(at)) {
                                    at = at.getParent();
                                }
                                return at != null;
                            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
