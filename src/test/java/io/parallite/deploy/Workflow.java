package io.parallite.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** A workflow of GitHub's, by the name of its file. */
public record Workflow(JsonNode tree) {

    public static Workflow read(String name) {
        return new Workflow(Manifests.tree(Tool.project(".github/workflows/" + name + ".yml")));
    }

    /** What the step of {@code job} whose name begins with {@code step} runs. */
    public String script(String job, String step) {
        for (JsonNode candidate : tree.at("/jobs/" + job + "/steps")) {
            if (candidate.path("name").asText().startsWith(step)) {
                return candidate.get("run").asText();
            }
        }
        throw new IllegalArgumentException("no step " + step);
    }

    JsonNode jobs() {
        return tree.get("jobs");
    }

    /** What all steps run. */
    List<String> scripts() {
        List<String> scripts = new ArrayList<>();
        for (JsonNode job : jobs()) {
            for (JsonNode step : job.get("steps")) {
                if (step.has("run")) {
                    scripts.add(step.get("run").asText());
                }
            }
        }
        return scripts;
    }
}
