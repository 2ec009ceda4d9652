package io.parallite.deploy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads manifests into the model of Kubernetes; a field that it does not have is an error. */
final class Manifests {

    private static final Map<String, Class<? extends HasMetadata>> KINDS =
            Map.of(
                    "v1/ConfigMap", ConfigMap.class,
                    "v1/Service", Service.class,
                    "v1/ServiceAccount", ServiceAccount.class,
                    "apps/v1/Deployment", Deployment.class,
                    "apps/v1/StatefulSet", StatefulSet.class,
                    "autoscaling/v2/HorizontalPodAutoscaler", HorizontalPodAutoscaler.class,
                    "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
                    "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class);

    private static final YAMLMapper YAML =
            YAMLMapper.builder()
                    .annotationIntrospector(new Strict())
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();

    private Manifests() {}

    /** The classes of the model keep what they don't know; here nothing may be unknown. */
    private static final class Strict extends JacksonAnnotationIntrospector {

        private static final long serialVersionUID = 1;

        @Override
        public Boolean hasAnySetter(Annotated annotated) {
            return Boolean.FALSE;
        }
    }

    /** All resources that the kustomization in {@code directory} lists, its bases' included. */
    static List<HasMetadata> ofKustomization(Path directory) {
        List<HasMetadata> resources = new ArrayList<>();
        for (JsonNode entry : tree(directory.resolve("kustomization.yaml")).path("resources")) {
            Path path = directory.resolve(entry.asText());
            resources.addAll(Files.isDirectory(path) ? ofKustomization(path) : parse(read(path)));
        }
        return resources;
    }

    /** The resources in a text of one or more documents. */
    static List<HasMetadata> parse(String text) {
        List<HasMetadata> resources = new ArrayList<>();
        try (MappingIterator<JsonNode> documents =
                YAML.readerFor(JsonNode.class).readValues(text)) {
            while (documents.hasNext()) {
                JsonNode document = documents.next();
                String kind =
                        document.at("/apiVersion").asText() + "/" + document.at("/kind").asText();
                Class<? extends HasMetadata> type = KINDS.get(kind);
                if (type == null) {
                    throw new IllegalStateException("no model for " + kind);
                }
                resources.add(YAML.treeToValue(document, type));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return resources;
    }

    /** A file of one document. */
    static JsonNode tree(Path file) {
        try {
            return YAML.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
