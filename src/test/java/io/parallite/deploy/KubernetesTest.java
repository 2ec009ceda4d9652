package io.parallite.deploy;

import static io.parallite.deploy.Tool.project;
import static io.parallite.deploy.Tool.tool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.parallite.config.LaunchSettings;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifests for Kubernetes: they fit its model, each other, and the daemon. */
final class KubernetesTest {

    private static final Path ROOT = project("deploy/kubernetes");
    private static final Path CONFIG = ROOT.resolve("base/parallite.json");

    /** Heap, code, threads, off-heap results: what the daemon may come to need itself. */
    private static final long DAEMON_MEBIBYTES = 384;

    private static final String UNIT_TEST =
            """
            tests:
              - interval: 1m
                input_series:
                  - {series: 'parallite_workers{namespace="shop",pod="parallite-a",state="busy"}', values: '6'}
                  - {series: 'parallite_workers{namespace="shop",pod="parallite-a",state="idle"}', values: '2'}
                  - {series: 'parallite_queue_tasks{namespace="shop",pod="parallite-a"}', values: '0'}
                  - {series: 'parallite_workers_max{namespace="shop",pod="parallite-a"}', values: '8'}
                  - {series: 'parallite_workers{namespace="shop",pod="parallite-b",state="busy"}', values: '8'}
                  - {series: 'parallite_queue_tasks{namespace="shop",pod="parallite-b"}', values: '4'}
                  - {series: 'parallite_workers_max{namespace="shop",pod="parallite-b"}', values: '8'}
                promql_expr_test:
                  - expr: '%s'
                    eval_time: 0m
                    exp_samples: %s
            """;

    @TempDir private Path directory;

    @Test
    void refusesAFieldThatKubernetesDoesNotHave() {
        assertThatThrownBy(
                        () ->
                                Manifests.parse(
                                        """
                                        apiVersion: v1
                                        kind: Service
                                        spec:
                                          ports:
                                            - prot: 80
                                        """))
                .hasMessageContaining("Unrecognized field \"prot\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sidecar", "standalone"})
    void namesFitTogether(String overlay) {
        List<HasMetadata> resources = Manifests.ofKustomization(ROOT.resolve(overlay));
        Deployment deployment = one(resources, Deployment.class);
        Map<String, String> labels = deployment.getSpec().getTemplate().getMetadata().getLabels();
        var target = one(resources, HorizontalPodAutoscaler.class).getSpec().getScaleTargetRef();

        assertThat(target.getKind()).isEqualTo(deployment.getKind());
        assertThat(target.getName()).isEqualTo(deployment.getMetadata().getName());
        assertThat(deployment.getSpec().getReplicas()).as("left to the autoscaler").isNull();
        assertThat(labels)
                .containsAllEntriesOf(deployment.getSpec().getSelector().getMatchLabels())
                .containsAllEntriesOf(
                        one(resources, PodDisruptionBudget.class)
                                .getSpec()
                                .getSelector()
                                .getMatchLabels())
                .containsAllEntriesOf(
                        one(resources, NetworkPolicy.class)
                                .getSpec()
                                .getPodSelector()
                                .getMatchLabels());
        PodSpec pod = pod(overlay);
        resources.stream()
                .filter(Service.class::isInstance)
                .map(Service.class::cast)
                .flatMap(service -> service.getSpec().getPorts().stream())
                .forEach(port -> assertThat(ports(pod)).contains(port.getTargetPort().getStrVal()));
        assertThat(resources)
                .anyMatch(
                        resource ->
                                resource.getKind().equals("ServiceAccount")
                                        && resource.getMetadata()
                                                .getName()
                                                .equals(pod.getServiceAccountName()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sidecar", "standalone"})
    void everyContainerMayDoAsLittleAsPossible(String overlay) {
        PodSpec pod = pod(overlay);

        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSecurityContext().getRunAsUser()).isPositive();
        assertThat(pod.getSecurityContext().getSeccompProfile().getType())
                .isEqualTo("RuntimeDefault");
        assertThat(pod.getAutomountServiceAccountToken()).isFalse();
        assertThat(pod.getEnableServiceLinks()).as("PARALLITE_PORT is no setting").isFalse();
        assertThat(containers(pod))
                .allSatisfy(
                        container -> {
                            var context = container.getSecurityContext();
                            assertThat(context.getAllowPrivilegeEscalation()).isFalse();
                            assertThat(context.getReadOnlyRootFilesystem()).isTrue();
                            assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
                            assertThat(container.getResources().getRequests())
                                    .containsKeys("cpu", "memory");
                            assertThat(container.getResources().getLimits()).containsKey("memory");
                        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"sidecar", "standalone"})
    void whatIsMountedAndProbedIsThere(String overlay) {
        PodSpec pod = pod(overlay);
        List<String> volumes = pod.getVolumes().stream().map(Volume::getName).toList();

        for (Container container : containers(pod)) {
            assertThat(container.getVolumeMounts())
                    .extracting(VolumeMount::getName)
                    .isSubsetOf(volumes)
                    .contains("run", "tmp");
            List<String> ports = container.getPorts().stream().map(ContainerPort::getName).toList();
            Stream.of(
                            container.getStartupProbe(),
                            container.getLivenessProbe(),
                            container.getReadinessProbe())
                    .filter(Objects::nonNull)
                    .map(KubernetesTest::portOf)
                    .forEach(port -> assertThat(ports).contains(port));
        }
        Container daemon = daemon(pod);
        assertThat(daemon.getStartupProbe().getHttpGet().getPath()).endsWith("/started");
        assertThat(daemon.getLivenessProbe().getHttpGet().getPath()).endsWith("/live");
        assertThat(daemon.getReadinessProbe().getHttpGet().getPath()).endsWith("/ready");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sidecar", "standalone"})
    void theDaemonsSettingsFitThePod(String overlay) {
        JsonNode config = Manifests.tree(CONFIG);
        PodSpec pod = pod(overlay);
        Container daemon = daemon(pod);
        String socket = config.get("socket").asText();
        String directory = Path.of(socket).getParent().toString();

        assertThat(LaunchSettings.inspect(CONFIG, Map.of()).problems()).isEmpty();
        assertThat(daemon.getPorts().getFirst().getContainerPort())
                .isEqualTo(config.get("http_port").asInt());
        assertThat(daemon.getArgs()).containsExactly("--config", "/etc/parallite/parallite.json");
        for (Container container : containers(pod)) {
            assertThat(container.getVolumeMounts())
                    .anySatisfy(
                            mount -> {
                                assertThat(mount.getName()).isEqualTo("run");
                                assertThat(mount.getMountPath()).isEqualTo(directory);
                            });
            if (container != daemon) {
                assertThat(container.getEnv())
                        .anySatisfy(
                                variable -> {
                                    assertThat(variable.getName()).isEqualTo("PARALLITE_SOCKET");
                                    assertThat(variable.getValue()).isEqualTo(socket);
                                });
            }
        }
        assertThat(pod.getTerminationGracePeriodSeconds() * 1000)
                .as("what kubectl gives against what the daemon takes")
                .isGreaterThanOrEqualTo(config.get("shutdown_grace_ms").asLong() + 15_000);
    }

    @Test
    void theDaemonsMemoryHoldsAllWorkers() {
        JsonNode config = Manifests.tree(CONFIG);
        String perWorker = config.get("php_options").get(1).asText().replaceAll("\\D", "");
        long needed =
                DAEMON_MEBIBYTES
                        + config.get("max_workers").asLong() * (Long.parseLong(perWorker) + 32);
        Quantity limit = daemon(pod("sidecar")).getResources().getLimits().get("memory");

        assertThat(Quantity.getAmountInBytes(limit).longValueExact() / (1024 * 1024))
                .isGreaterThanOrEqualTo(needed);
    }

    @Test
    void theDaemonIsASidecarAndTheSameInBoth() {
        PodSpec sidecar = pod("sidecar");
        Container beside = daemon(sidecar);
        Container alone = daemon(pod("standalone"));

        assertThat(sidecar.getInitContainers()).containsExactly(beside);
        assertThat(pod("standalone").getInitContainers()).containsExactly(alone);
        assertThat(alone.getRestartPolicy()).isEqualTo("Always");
        assertThat(
                        new ContainerBuilder(beside)
                                .removeMatchingFromEnv(
                                        each -> each.getName().equals("PARALLITE_READINESS"))
                                .build())
                .isEqualTo(alone);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sidecar", "standalone"})
    void kustomizeBuildsIt(String overlay) {
        assumeTrue(Tool.isInstalled("kubectl"), "kubectl is not installed");

        String built = tool("kubectl", "kustomize", ROOT.resolve(overlay)).run().ok();

        List<HasMetadata> resources = Manifests.parse(built);
        assertThat(resources)
                .extracting(HasMetadata::getKind)
                .contains("ConfigMap")
                .containsAll(
                        Manifests.ofKustomization(ROOT.resolve(overlay)).stream()
                                .map(HasMetadata::getKind)
                                .toList());
        String config =
                resources.stream()
                        .filter(resource -> resource.getKind().equals("ConfigMap"))
                        .map(resource -> resource.getMetadata().getName())
                        .findFirst()
                        .orElseThrow();
        assertThat(one(resources, Deployment.class).getSpec().getTemplate().getSpec().getVolumes())
                .filteredOn(volume -> volume.getName().equals("config"))
                .allSatisfy(
                        volume -> assertThat(volume.getConfigMap().getName()).isEqualTo(config));
    }

    /** By Prometheus' own tool: 6 of 8 workers are busy in one pod, in another tasks wait. */
    @ParameterizedTest
    @ValueSource(strings = {"prometheus-adapter", "keda"})
    void scalesByBusyWorkersBeforeTasksWait(String scaler) throws IOException {
        assumeTrue(Tool.isInstalled("promtool"), "promtool is not installed (prometheus)");
        JsonNode file = Manifests.tree(ROOT.resolve("autoscaling/%s.yaml".formatted(scaler)));
        boolean isAdapter = scaler.equals("prometheus-adapter");
        String query =
                isAdapter
                        ? file.at("/rules/custom/0/metricsQuery")
                                .asText()
                                .replace("<<.GroupBy>>", "pod")
                                .replace("<<.LabelMatchers>>", "namespace=\"shop\"")
                        : file.at("/spec/triggers/0/metadata/query").asText();
        String samples =
                isAdapter
                        ? "[{labels: '{pod=\"parallite-a\"}', value: 0.75}, {labels: '{pod=\"parallite-b\"}', value: 1.5}]"
                        : "[{labels: '{}', value: 2.25}]";
        Files.writeString(directory.resolve("test.yaml"), UNIT_TEST.formatted(query, samples));

        String said = tool("promtool", "test", "rules", directory.resolve("test.yaml")).run().ok();

        assertThat(said).contains("SUCCESS");
    }

    @Test
    void bothAutoscalersMeanTheSame() {
        JsonNode rule =
                Manifests.tree(ROOT.resolve("autoscaling/prometheus-adapter.yaml"))
                        .at("/rules/custom/0");
        JsonNode scaled = Manifests.tree(ROOT.resolve("autoscaling/keda.yaml")).path("spec");
        var autoscaler =
                one(Manifests.ofKustomization(ROOT.resolve("base")), HorizontalPodAutoscaler.class)
                        .getSpec();
        var pods = autoscaler.getMetrics().getFirst().getPods();

        assertThat(pods.getMetric().getName()).isEqualTo(rule.at("/name/as").asText());
        assertThat(new BigDecimal(scaled.at("/triggers/0/metadata/threshold").asText()))
                .isEqualByComparingTo(pods.getTarget().getAverageValue().getNumericalAmount());
        assertThat(scaled.at("/scaleTargetRef/name").asText())
                .isEqualTo(autoscaler.getScaleTargetRef().getName());
        assertThat(scaled.path("minReplicaCount").asInt()).isEqualTo(autoscaler.getMinReplicas());
        assertThat(scaled.path("maxReplicaCount").asInt()).isEqualTo(autoscaler.getMaxReplicas());
    }

    private static PodSpec pod(String overlay) {
        List<HasMetadata> resources = Manifests.ofKustomization(ROOT.resolve(overlay));
        return one(resources, Deployment.class).getSpec().getTemplate().getSpec();
    }

    private static <T extends HasMetadata> T one(List<HasMetadata> resources, Class<T> type) {
        List<T> found = resources.stream().filter(type::isInstance).map(type::cast).toList();
        assertThat(found).as(type.getSimpleName()).hasSize(1);
        return found.getFirst();
    }

    private static List<Container> containers(PodSpec pod) {
        return Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream())
                .toList();
    }

    private static Container daemon(PodSpec pod) {
        return containers(pod).stream()
                .filter(container -> container.getName().equals("parallite"))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> ports(PodSpec pod) {
        return containers(pod).stream()
                .flatMap(container -> container.getPorts().stream())
                .map(ContainerPort::getName)
                .toList();
    }

    private static String portOf(Probe probe) {
        return probe.getHttpGet() == null
                ? probe.getTcpSocket().getPort().getStrVal()
                : probe.getHttpGet().getPort().getStrVal();
    }
}
