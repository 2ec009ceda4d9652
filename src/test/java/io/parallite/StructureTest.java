package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bounds that keep each class readable beside its neighbours. */
class StructureTest {

    private static final int MOST_NEIGHBOURS = 12;
    private static final int MOST_PARAMETERS = 6;

    /** The packages whose classes work together most closely. */
    private static final List<String> CLOSE = List.of("pool", "worker", "process", "dispatch");

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
}
