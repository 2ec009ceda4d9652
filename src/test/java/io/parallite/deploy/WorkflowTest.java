package io.parallite.deploy;

import static io.parallite.deploy.Tool.project;
import static io.parallite.deploy.Tool.tool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be known of the workflows without GitHub. */
final class WorkflowTest {

    private static final Pattern OWN_FILE =
            Pattern.compile("(?<![\\w/.-])(?:deploy|\\.ci)/[\\w./-]+|(?<= )\\./mvnw");

    @ParameterizedTest
    @ValueSource(strings = {"ci", "release"})
    void scriptsAreWellFormedAndCallWhatIsThere(String name) {
        assumeTrue(Tool.isInstalled("bash"), "bash is not installed");
        List<String> scripts = Workflow.read(name).scripts();

        assertThat(scripts).isNotEmpty();
        for (String script : scripts) {
            String shell = script.replaceAll("\\$\\{\\{[^}]*}}", "value");
            tool("bash", "-n", "-c", shell).run().ok();
            Matcher file = OWN_FILE.matcher(script);
            while (file.find()) {
                assertThat(project(file.group())).as(script).exists();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ci", "release"})
    void jobsHaveALimitAndWaitForJobsThatExist(String name) {
        JsonNode jobs = Workflow.read(name).jobs();

        for (JsonNode job : jobs) {
            assertThat(job.path("timeout-minutes").asInt()).isPositive();
            for (JsonNode needed : job.path("needs")) {
                assertThat(jobs.has(needed.asText())).as(needed.asText()).isTrue();
            }
        }
        assertThat(Workflow.read(name).tree().at("/permissions/contents").asText())
                .isEqualTo("read");
    }

    @Test
    void imagesAreBuiltFromDockerfilesThatExist() {
        JsonNode image = Workflow.read("release").jobs().get("image");

        assertThat(image.at("/strategy/matrix/include")).isNotEmpty();
        for (JsonNode entry : image.at("/strategy/matrix/include")) {
            assertThat(project("deploy/docker/Dockerfile." + entry.get("kind").asText())).exists();
        }
    }
}
