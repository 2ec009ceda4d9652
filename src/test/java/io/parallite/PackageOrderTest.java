package io.parallite;

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
 * at the bottom, so that all may read them.
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

    @ArchTest static final ArchRule importsOnlyFromBelow = importsOnlyFromBelow();

    private static ArchRule importsOnlyFromBelow() {
        LayeredArchitecture rule =
                Architectures.layeredArchitecture()
                        .consideringOnlyDependenciesInAnyPackage(ROOT + "..")
                        .withOptionalLayers(true)
                        .ensureAllClassesAreContainedInArchitecture();
        for (String layer : flatten(TOP_TO_BOTTOM)) {
            rule = rule.layer(layer).definedBy(classesOf(layer));
        }
        for (int level = 0; level < TOP_TO_BOTTOM.size(); level++) {
            List<String> below = flatten(TOP_TO_BOTTOM.subList(level + 1, TOP_TO_BOTTOM.size()));
            for (String layer : TOP_TO_BOTTOM.get(level)) {
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

    private static String classesOf(String layer) {
        return layer.equals(ROOT) ? ROOT : ROOT + "." + layer + "..";
    }
}
