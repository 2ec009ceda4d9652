package io.parallite.deploy;

import static io.parallite.deploy.Tool.project;
import static io.parallite.deploy.Tool.tool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.parallite.config.RedisAddress;
import io.parallite.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The examples of a cluster with its Redis, for Kubernetes and Compose. */
final class ClusterManifestsTest {

    private static final Path OVERLAY = project("deploy/kubernetes/cluster");

    private static <T extends HasMetadata> T resource(String file, Class<T> type) {
        return of(parse(file), type);
    }

    private static List<HasMetadata> parse(String file) {
        try {
            return Manifests.parse(Files.readString(OVERLAY.resolve(file)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static <T extends HasMetadata> T of(List<HasMetadata> resources, Class<T> type) {
        return resources.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow();
    }

    private static PodSpec node() {
        return resource("node.yaml", Deployment.class).getSpec().getTemplate().getSpec();
    }

    @Test
    void patchesWhatIsThere() {
        List<HasMetadata> patched = Manifests.ofKustomization(OVERLAY);
        for (JsonNode patch :
                Manifests.tree(OVERLAY.resolve("kustomization.yaml")).get("patches")) {
            HasMetadata resource = parse(patch.get("path").asText()).getFirst();

            assertThat(patched)
                    .anyMatch(
                            each ->
                                    each.getKind().equals(resource.getKind())
                                            && each.getMetadata()
                                                    .getName()
                                                    .equals(resource.getMetadata().getName()));
        }
        assertThat(
                        of(patched, Deployment.class)
                                .getSpec()
                                .getTemplate()
                                .getSpec()
                                .getInitContainers())
                .extracting(Container::getName)
                .contains(node().getInitContainers().getFirst().getName());
    }

    @Test
    void nodesKnowWhereTheirRedisIs() throws IOException {
        Container daemon = node().getInitContainers().getFirst();
        Service service = resource("redis.yaml", Service.class);
        String comment = Files.readString(OVERLAY.resolve("kustomization.yaml"));
        String url = comment.replaceFirst("(?s).*url=\"([^\"]+)\".*", "$1");
        RedisAddress address = RedisAddress.parse(url);

        assertThat(address.isEncrypted()).isTrue();
        assertThat(url)
                .endsWith(
                        "@%s:%d"
                                .formatted(
                                        service.getMetadata().getName(),
                                        service.getSpec().getPorts().getFirst().getPort()));
        assertThat(daemon.getEnv())
                .extracting(EnvVar::getName)
                .allMatch(
                        name ->
                                Arrays.stream(Setting.values())
                                        .anyMatch(
                                                setting ->
                                                        name.equals(
                                                                "PARALLITE_"
                                                                        + setting.key()
                                                                                .toUpperCase(
                                                                                        Locale
                                                                                                .ROOT))));
        assertThat(daemon.getVolumeMounts())
                .extracting(VolumeMount::getName)
                .containsExactlyElementsOf(
                        node().getVolumes().stream().map(Volume::getName).toList());
        for (EnvVar file : daemon.getEnv().subList(1, daemon.getEnv().size())) {
            Path path = Path.of(file.getValue());
            assertThat(daemon.getVolumeMounts())
                    .anyMatch(mount -> mount.getMountPath().equals(path.getParent().toString()));
        }
    }

    @Test
    void redisKeepsTasksAndIsReachedByNodesOnly() {
        StatefulSet redis = resource("redis.yaml", StatefulSet.class);
        Container server = redis.getSpec().getTemplate().getSpec().getContainers().getFirst();

        assertThat(String.join(" ", server.getArgs()))
                .contains("--port 0 ", "--appendonly yes", "--maxmemory-policy noeviction")
                .contains("--dir " + server.getVolumeMounts().getFirst().getMountPath());
        assertThat(redis.getSpec().getVolumeClaimTemplates().getFirst().getMetadata().getName())
                .isEqualTo(server.getVolumeMounts().getFirst().getName());
        assertThat(server.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
        assertThat(redis.getSpec().getTemplate().getSpec().getSecurityContext().getRunAsNonRoot())
                .isTrue();
        assertThat(redis.getSpec().getTemplate().getMetadata().getLabels())
                .containsAllEntriesOf(
                        resource("redis.yaml", Service.class).getSpec().getSelector());
    }

    @Test
    void autoscalerLooksAtWhatWaitsInTheCluster() {
        var metrics =
                resource("autoscaler.yaml", HorizontalPodAutoscaler.class).getSpec().getMetrics();

        assertThat(metrics).hasSize(1);
        assertThat(metrics.getFirst().getExternal().getMetric().getName())
                .isEqualTo("parallite_cluster_backlog_tasks");
        assertThat(metrics.getFirst().getExternal().getTarget().getType())
                .isEqualTo("AverageValue");
    }

    @Test
    void kustomizeBuildsIt() {
        assumeTrue(Tool.isInstalled("kubectl"), "kubectl is not installed");

        String built = tool("kubectl", "kustomize", OVERLAY).run().ok();

        Deployment deployment = of(Manifests.parse(built), Deployment.class);
        assertThat(
                        deployment
                                .getSpec()
                                .getTemplate()
                                .getSpec()
                                .getInitContainers()
                                .getFirst()
                                .getEnv())
                .extracting(EnvVar::getName)
                .contains("PARALLITE_CLUSTER_URL", "PARALLITE_JAVA_OPTS");
    }

    @Test
    void composeHasNodesOnTheLoopbackInterfaceOfTheirRedis() throws IOException {
        JsonNode compose = Manifests.tree(project("deploy/docker/cluster.yaml"));
        JsonNode node = compose.get("x-node");

        assertThat(node.get("network_mode").asText()).isEqualTo("service:redis");
        assertThat(RedisAddress.parse(node.at("/environment/PARALLITE_CLUSTER_URL").asText()).url())
                .contains("127.0.0.1");
        assertThat(node.at("/environment/PARALLITE_CLUSTER_SECRET_FILE").asText())
                .isEqualTo("/run/secrets/" + node.get("secrets").get(0).asText());
        assertThat(compose.get("secrets").has(node.get("secrets").get(0).asText())).isTrue();
        assertThat(
                        StreamSupport.stream(
                                        compose.at("/services/redis/command").spliterator(), false)
                                .map(JsonNode::asText))
                .containsSequence("--appendonly", "yes")
                .containsSequence("--maxmemory-policy", "noeviction")
                .containsSequence("--bind", "127.0.0.1");
        for (String file : List.of("one", "two")) {
            assertThat(compose.at("/services").has(file)).isTrue();
        }
        String dockerfile = compose.at("/services/one/build/dockerfile").asText();
        assertThat(project(dockerfile)).isRegularFile();
    }
}
