import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Makes a tree that needs no Java on the machine: a copy of the distribution without its AOT caches, which fit
 * another Java, and in {@code runtime} the Java that runs this, reduced to what the daemon uses: {@code java
 * Bundle.java DISTRIBUTION BUNDLE RUNTIME}.
 *
 * <p>Linking takes a quarter of a minute: the image in RUNTIME is used again as long as it is of the same Java and
 * has the same modules.
 */
final class Bundle {

    /** What jdeps finds in the jars, without what only code generators and unused parts of libraries refer to. */
    private static final Set<String> USED =
            Set.of(
                    "java.base",
                    "java.logging",
                    "java.management",
                    "java.naming",
                    "java.xml",
                    "jdk.management",
                    "jdk.unsupported");

    /** What an operator needs to look into a daemon: agents, jcmd, the flight recorder. */
    private static final Set<String> TOOLS = Set.of("java.instrument", "jdk.jcmd", "jdk.jfr");

    private Bundle() {}

    public static void main(String... arguments) throws IOException {
        Path distribution = Path.of(arguments[0]);
        Path bundle = Path.of(arguments[1]);
        Path runtime = Path.of(arguments[2]);
        link(runtime);
        copy(distribution, bundle);
        copy(runtime, bundle.resolve("runtime"));
    }

    private static void link(Path runtime) throws IOException {
        Set<String> modules = new TreeSet<>(USED);
        modules.addAll(TOOLS);
        if (isLinked(runtime, modules)) {
            return;
        }
        delete(runtime);
        int status =
                ToolProvider.findFirst("jlink")
                        .orElseThrow(() -> new IOException("this Java has no jlink; build with a JDK"))
                        .run(
                                System.out,
                                System.err,
                                "--add-modules",
                                String.join(",", modules),
                                "--strip-java-debug-attributes",
                                "--no-header-files",
                                "--no-man-pages",
                                "--output",
                                runtime.toString());
        if (status != 0) {
            throw new IOException(
                    "jlink ended with %d; build with a JDK that can link, or with -DskipBundle=true"
                            .formatted(status));
        }
    }

    private static boolean isLinked(Path runtime, Set<String> modules) throws IOException {
        Path release = runtime.resolve("release");
        if (!Files.exists(release)) {
            return false;
        }
        Properties linked = new Properties();
        try (var in = Files.newBufferedReader(release)) {
            linked.load(in);
        }
        Set<String> has = Set.of(unquoted(linked.getProperty("MODULES", "")).split(" "));
        return has.containsAll(modules)
                && unquoted(linked.getProperty("JAVA_RUNTIME_VERSION", "")).equals(Runtime.version().toString());
    }

    private static String unquoted(String value) {
        return value.replace("\"", "");
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(file -> !isCache(from.relativize(file))).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    private static boolean isCache(Path file) {
        return file.getFileName().toString().matches("parallite.*\\.aot(\\.jars)?");
    }

    private static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (Stream<Path> files = Files.walk(tree)) {
                for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
