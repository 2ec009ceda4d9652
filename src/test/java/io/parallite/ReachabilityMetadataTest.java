package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.parallite.engine.LibC;
import io.vertx.core.spi.transport.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** What a native build is told to keep is there, and what is looked up by name is told. */
final class ReachabilityMetadataTest {

    private static final String FILE =
            "/META-INF/native-image/io.parallite/parallite/reachability-metadata.json";

    private static final Map<String, Class<?>> NAMED =
            Map.of("byte[]", byte[].class, "int", int.class);

    private static final Map<String, MemoryLayout> LAYOUTS =
            Map.of(
                    "jint", ValueLayout.JAVA_INT,
                    "jlong", ValueLayout.JAVA_LONG,
                    "void*", ValueLayout.ADDRESS);

    private final JsonNode metadata = read();

    @Test
    void whatIsKeptForReflectionExists() throws ReflectiveOperationException {
        for (JsonNode entry : metadata.get("reflection")) {
            for (JsonNode proxied : entry.get("type").path("proxy")) {
                assertThat(Class.forName(proxied.asText())).isInterface();
            }
            if (entry.get("type").isObject()) {
                continue;
            }
            Class<?> type = Class.forName(entry.get("type").asText());
            for (JsonNode method : entry.path("methods")) {
                Class<?>[] parameters =
                        stream(method.get("parameterTypes"))
                                .map(ReachabilityMetadataTest::type)
                                .toArray(Class<?>[]::new);
                String name = method.get("name").asText();
                assertThat(
                                name.equals("<init>")
                                        ? type.getDeclaredConstructor(parameters)
                                        : type.getDeclaredMethod(name, parameters))
                        .isNotNull();
            }
            for (JsonNode field : entry.path("fields")) {
                assertThat(type.getDeclaredField(field.get("name").asText())).isNotNull();
            }
        }
    }

    @Test
    void everyResourceIsKeptThatIsLookedUp() throws IOException {
        List<String> kept =
                StreamSupport.stream(metadata.get("resources").spliterator(), false)
                        .map(entry -> entry.get("glob").asText())
                        .toList();

        assertThat(kept)
                .contains("version.properties")
                .containsAll(filesUnder("web"))
                .containsAll(filesUnder("cluster"))
                .allSatisfy(name -> assertThat(getClass().getResource("/" + name)).isNotNull());
    }

    /** Of the resources that are ours, named as they are looked up. */
    private static List<String> filesUnder(String directory) throws IOException {
        Path resources = Path.of("src/main/resources");
        try (Stream<Path> files = Files.list(resources.resolve(directory))) {
            return files.map(file -> resources.relativize(file).toString()).toList();
        }
    }

    @Test
    void ourTransportIsKeptAsAService() {
        assertThat(ServiceLoader.load(Transport.class))
                .extracting(transport -> transport.getClass().getName())
                .allSatisfy(name -> assertThat(types()).contains(name))
                .isNotEmpty();
    }

    @Test
    void everyForeignCallIsKept() {
        List<FunctionDescriptor> kept =
                StreamSupport.stream(metadata.at("/foreign/downcalls").spliterator(), false)
                        .map(ReachabilityMetadataTest::descriptor)
                        .distinct()
                        .toList();

        assertThat(kept).containsExactlyInAnyOrderElementsOf(LibC.forms());
    }

    private static FunctionDescriptor descriptor(JsonNode call) {
        return FunctionDescriptor.of(
                LAYOUTS.get(call.get("returnType").asText()),
                stream(call.get("parameterTypes")).map(LAYOUTS::get).toArray(MemoryLayout[]::new));
    }

    private List<String> types() {
        return StreamSupport.stream(metadata.get("reflection").spliterator(), false)
                .map(entry -> entry.get("type").asText())
                .toList();
    }

    private static Stream<String> stream(JsonNode texts) {
        return StreamSupport.stream(texts.spliterator(), false).map(JsonNode::asText);
    }

    private static Class<?> type(String name) {
        try {
            return NAMED.containsKey(name) ? NAMED.get(name) : Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode read() {
        try (InputStream in = ReachabilityMetadataTest.class.getResourceAsStream(FILE)) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
