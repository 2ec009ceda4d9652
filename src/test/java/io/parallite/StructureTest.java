package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.msgpack.core.buffer.MessageBuffer;

/** Bounds that keep each class readable beside its neighbours. */
class StructureTest {

    private static final int MOST_NEIGHBOURS = 12;
    private static final int MOST_PARAMETERS = 6;

    /** The packages whose classes work together most closely. */
    private static final List<String> CLOSE =
            List.of("pool", "worker", "process", "dispatch", "history");

    private static final String NATIVE_ARGUMENTS =
            "/META-INF/native-image/io.parallite/parallite/native-image.properties";

    private static final String AT_RUN_TIME = "--initialize-at-run-time=";

    private static final List<Class<?>> OF_A_PROCESS =
            List.of(
                    ByteBufAllocator.class,
                    ByteBuf.class,
                    Buffer.class,
                    ByteBuffer.class,
                    MethodHandle.class,
                    Arena.class,
                    MemorySegment.class,
                    MessageBuffer.class);

    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        classes =
                new ClassFileImporter()
                        .withImportOption(new DoNotIncludeTests())
                        .importPackages("io.parallite");
    }

    @Test
    void classesKnowADozenOthersOfTheirPackageAtMost() {
        Map<String, Integer> tooMany = new TreeMap<>();
        neighbours()
                .forEach(
                        (name, others) -> {
                            if (others.size() > MOST_NEIGHBOURS) {
                                tooMany.put(name + " " + others, others.size());
                            }
                        });

        assertThat(tooMany).isEmpty();
    }

    private static Map<String, TreeSet<String>> neighbours() {
        Map<String, TreeSet<String>> neighbours = new TreeMap<>();
        for (JavaClass one : classes) {
            if (CLOSE.stream().noneMatch(close -> one.getPackageName().endsWith("." + close))) {
                continue;
            }
            String name = topLevel(one);
            one.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(other -> other.getPackageName().equals(one.getPackageName()))
                    .map(StructureTest::topLevel)
                    .filter(other -> !other.equals(name))
                    .forEach(
                            other ->
                                    neighbours
                                            .computeIfAbsent(name, any -> new TreeSet<>())
                                            .add(other));
        }
        return neighbours;
    }

    private static String topLevel(JavaClass one) {
        return one.getName().substring(one.getPackageName().length() + 1).replaceAll("\\$.*", "");
    }

    /** A record may have more: it has no more behaviour for it. */
    @Test
    void constructorsTakeSixParametersAtMost() {
        List<String> tooMany =
                classes.stream()
                        .filter(one -> !one.isRecord() && !one.isEnum())
                        .flatMap(one -> one.getConstructors().stream())
                        .filter(constructor -> parameters(constructor) > MOST_PARAMETERS)
                        .map(JavaConstructor::getFullName)
                        .collect(Collectors.toList());

        assertThat(tooMany).isEmpty();
    }

    /** An inner class gets its outer object as a first one. */
    private static int parameters(JavaConstructor constructor) {
        int all = constructor.getRawParameterTypes().size();
        return constructor.getOwner().isInnerClass() ? all - 1 : all;
    }

    /** What a native build would freeze as it was on the builder's machine. */
    @Test
    void staticsThatHoldMemoryAreMadeWhenANativeExecutableRuns() {
        List<String> owners =
                classes.stream()
                        .flatMap(one -> one.getFields().stream())
                        .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
                        .filter(
                                field ->
                                        OF_A_PROCESS.stream()
                                                .anyMatch(
                                                        field.getRawType().getBaseComponentType()
                                                                ::isAssignableTo))
                        .map(field -> field.getOwner().getName())
                        .distinct()
                        .toList();

        assertThat(madeAtRunTime()).containsAll(owners);
        assertThat(owners).isNotEmpty();
    }

    private static List<String> madeAtRunTime() {
        Properties arguments = new Properties();
        try (var in = StructureTest.class.getResourceAsStream(NATIVE_ARGUMENTS)) {
            arguments.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Stream.of(arguments.getProperty("Args").split(" "))
                .filter(argument -> argument.startsWith(AT_RUN_TIME))
                .flatMap(argument -> Stream.of(argument.substring(AT_RUN_TIME.length()).split(",")))
                .toList();
    }
}
