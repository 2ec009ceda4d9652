package io.parallite;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.List;

/**
 * The order of the packages, top to bottom: a package imports only from those below it, so there is
 * no cycle. Packages that share a line don't see each other; {@code config} and {@code units} are
 * at the bottom, so that all may read them. The packages of {@code process} and of {@code cluster}
 * have an order of their own.
 */
@AnalyzeClasses(packages = "io.parallite", importOptions = DoNotIncludeTests.class)
final class PackageOrderTest {

    private static final String ROOT = "io.parallite";

    private static final List<List<String>> TOP_TO_BOTTOM =
            List.of(
                    List.of(ROOT),
                    List.of("cli", "bench", "admin"),
                    List.of("server", "tracing"),
                    List.of("dispatch"),
                    List.of("cluster", "history"),
                    List.of("pool"),
                    List.of("worker"),
                    List.of("process"),
                    List.of("wire"),
                    List.of("task"),
                    List.of("engine"),
                    List.of("config"),
                    List.of("units"));

    private static final String PROCESS = ROOT + ".process";

    private static final List<List<String>> TOP_TO_BOTTOM_OF_PROCESS =
            List.of(
                    List.of("launch"),
                    List.of("channel"),
                    List.of("tree"),
                    List.of("output", "files"),
                    List.of(PROCESS, "resources"));

    private static final String CLUSTER = ROOT + ".cluster";

    private static final List<List<String>> TOP_TO_BOTTOM_OF_CLUSTER =
            List.of(List.of(CLUSTER), List.of("store"));

    @ArchTest
    static final ArchRule importsOnlyFromBelow = importsOnlyFromBelow(ROOT, TOP_TO_BOTTOM);

    @ArchTest
    static final ArchRule importsOnlyFromBelowInProcess =
            importsOnlyFromBelow(PROCESS, TOP_TO_BOTTOM_OF_PROCESS);

    @ArchTest
    static final ArchRule importsOnlyFromBelowInCluster =
            importsOnlyFromBelow(CLUSTER, TOP_TO_BOTTOM_OF_CLUSTER);

    private static ArchRule importsOnlyFromBelow(String root, List<List<String>> topToBottom) {
        LayeredArchitecture rule =
                Architectures.layeredArchitecture()
                        .consideringOnlyDependenciesInAnyPackage(root + "..")
                        .withOptionalLayers(true)
                        .ensureAllClassesAreContainedInArchitectureIgnoring(
                                resideOutsideOfPackage(root + ".."));
        for (String layer : flatten(topToBottom)) {
            rule = rule.layer(layer).definedBy(classesOf(root, layer));
        }
        for (int level = 0; level < topToBottom.size(); level++) {
            List<String> below = flatten(topToBottom.subList(level + 1, topToBottom.size()));
            for (String layer : topToBottom.get(level)) {
                rule = limit(rule, layer, below);
            }
        }
        return rule;
    }

    private static LayeredArchitecture limit(
            LayeredArchitecture rule, String layer, List<String> below) {
        var limited = rule.whereLayer(layer);
        return below.isEmpty()
                ? limited.mayNotAccessAnyLayer()
                : limited.mayOnlyAccessLayers(below.toArray(String[]::new));
    }

    private static List<String> flatten(List<List<String>> levels) {
        return levels.stream().flatMap(List::stream).toList();
    }

    private static String classesOf(String root, String layer) {
        return layer.equals(root) ? root : root + "." + layer + "..";
    }
}
