import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Completes a tree that the assembly plugin has made by what no plugin makes: {@code java
 * Distribution.java TREE [GLOB ...]}
 *
 * <ul>
 *   <li>the README's links to {@code src/docs} lead to {@code docs};
 *   <li>a native executable gets its name, {@code bin/parallite};
 *   <li>with globs, {@code lib/parallite-cli.jar} starts {@code io.parallite.Main} with only those
 *       jars of {@code lib} that the short commands need, so that they start in a fraction of the
 *       time; the other libraries are joined to one jar.
 * </ul>
 */
final class Distribution {

    private static final LocalDateTime TIME = LocalDateTime.of(2025, 1, 1, 0, 0);

    private final Path tree;

    private Distribution(Path tree) {
        this.tree = tree;
    }

    public static void main(String... arguments) throws IOException {
        Distribution distribution = new Distribution(Path.of(arguments[0]));
        distribution.redirectLinks(distribution.tree.resolve("README.md"));
        distribution.nameExecutable();
        if (arguments.length > 1) {
            List<String> globs = List.of(arguments).subList(1, arguments.length);
            List<Path> commands = distribution.ofCommands(globs);
            distribution.makeCommandsJar(commands);
            distribution.joinLibraries(commands);
        }
    }

    private void redirectLinks(Path readme) throws IOException {
        Files.writeString(readme, Files.readString(readme).replace("src/docs/", "docs/"));
    }

    private void nameExecutable() throws IOException {
        for (Path runner : matching(tree.resolve("bin"), List.of("*-runner", "*-runner.exe"))) {
            String name = runner.toString().endsWith(".exe") ? "parallite.exe" : "parallite";
            Files.move(runner, runner.resolveSibling(name), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private List<Path> ofCommands(List<String> globs) throws IOException {
        List<Path> jars = matching(lib(), globs);
        if (jars.size() < globs.size()) {
            throw new IOException("some of " + globs + " match nothing in " + lib());
        }
        return jars;
    }

    private void makeCommandsJar(List<Path> jars) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, "io.parallite.Main");
        attributes.put(Attributes.Name.CLASS_PATH, classPath(jars));
        writeJar(lib().resolve("parallite-cli.jar"), manifest);
    }

    /**
     * Joins the libraries of the daemon that the short commands do not need. Quarkus' entry point
     * looks for its data two directories above the jar that it is in.
     */
    private void joinLibraries(List<Path> others) throws IOException {
        Path runner = lib().resolve("quarkus-run.jar");
        Path joined = lib().resolve("lib/boot/libraries.jar");
        Manifest manifest;
        try (JarFile jar = new JarFile(runner.toFile())) {
            manifest = jar.getManifest();
        }
        Attributes attributes = manifest.getMainAttributes();
        List<Path> all =
                Stream.of(attributes.getValue(Attributes.Name.CLASS_PATH).split(" "))
                        .map(lib()::resolve)
                        .toList();
        List<Path> libraries =
                all.stream()
                        .filter(jar -> jar.startsWith(lib().resolve("lib")))
                        .filter(jar -> !others.contains(jar))
                        .toList();
        LibraryJar.join(libraries, joined);
        List<Path> rest = new ArrayList<>(all);
        rest.removeAll(libraries);
        rest.add(joined);
        attributes.put(Attributes.Name.CLASS_PATH, classPath(rest));
        writeJar(runner, manifest);
        for (Path library : libraries) {
            Files.delete(library);
        }
    }

    private String classPath(List<Path> jars) {
        return jars.stream()
                .map(jar -> lib().relativize(jar).toString().replace('\\', '/'))
                .collect(Collectors.joining(" "));
    }

    private static void writeJar(Path jar, Manifest manifest) throws IOException {
        try (var out = new ZipOutputStream(Files.newOutputStream(jar))) {
            ZipEntry entry = new ZipEntry(JarFile.MANIFEST_NAME);
            entry.setTimeLocal(TIME); // archives of the same sources are the same bytes
            out.putNextEntry(entry);
            manifest.write(out);
        }
    }

    private Path lib() {
        return tree.resolve("lib");
    }

    private static List<Path> matching(Path directory, List<String> globs) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<PathMatcher> matchers =
                globs.stream()
                        .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob))
                        .toList();
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> matchers.stream().anyMatch(m -> m.matches(directory.relativize(file))))
                    .sorted()
                    .toList();
        }
    }
}
