import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Many jars of libraries as one: the first search for a class or a resource that is not there opens
 * all jars of the class path, which is a tenth of a second of each start.
 *
 * <p>Of a file that several jars have, all must be the same; lists of services are joined. Licences
 * and notices are in {@code META-INF/licenses}, in a directory for each jar. What only builds and
 * module paths read is left out. Nothing is compressed: an archive of the distribution compresses
 * all classes together, and is 4 MB smaller.
 */
final class LibraryJar {

    private static final LocalDateTime TIME = LocalDateTime.of(2025, 1, 1, 0, 0);

    private static final String VERSIONS = "META-INF/versions/";
    private static final String MULTI_RELEASE = "Multi-Release";

    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final Map<String, Path> origins = new LinkedHashMap<>();
    private boolean multiRelease;

    private LibraryJar() {}

    /**
     * Makes one jar of many.
     *
     * @param jars in the order of the class path
     * @throws IOException when two of them have different files of one name
     */
    static void join(List<Path> jars, Path result) throws IOException {
        LibraryJar joined = new LibraryJar();
        for (Path jar : jars) {
            joined.add(jar);
        }
        joined.write(result);
    }

    private void add(Path path) throws IOException {
        try (JarFile jar = new JarFile(path.toFile())) {
            Manifest manifest = jar.getManifest();
            boolean hasVersions =
                    manifest != null
                            && "true".equals(manifest.getMainAttributes().getValue(MULTI_RELEASE));
            multiRelease |= hasVersions;
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                String name = entry.getName();
                boolean isCounted = hasVersions || !name.startsWith(VERSIONS);
                if (!entry.isDirectory() && isCounted && !isLeftOut(name)) {
                    add(path, name, jar.getInputStream(entry).readAllBytes());
                }
            }
        }
    }

    private void add(Path jar, String name, byte[] content) throws IOException {
        String file = isLicence(name) ? licenceOf(jar, name) : name;
        byte[] other = files.putIfAbsent(file, content);
        if (other == null) {
            origins.put(file, jar);
        } else if (isJoined(file)) {
            files.put(file, join(other, content));
        } else if (!Arrays.equals(other, content)) {
            throw new IOException(
                    "%s is not the same in %s and %s: say in LibraryJar what becomes of it"
                            .formatted(name, origins.get(file), jar));
        }
    }

    private static byte[] join(byte[] first, byte[] second) throws IOException {
        var both = new ByteArrayOutputStream();
        both.write(first);
        both.write('\n');
        both.write(second);
        return both.toByteArray();
    }

    /** Lists, of which each jar has a part. */
    private static boolean isJoined(String name) {
        return name.startsWith("META-INF/services/")
                || name.equals("META-INF/io.netty.versions.properties");
    }

    private static boolean isLicence(String name) {
        return name.matches("(META-INF/)?(LICEN[CS]E|NOTICE|DEPENDENCIES|COPYING)[^/]*");
    }

    private static String licenceOf(Path jar, String name) {
        String library = jar.getFileName().toString().replaceFirst("\\.jar$", "");
        return "META-INF/licenses/%s/%s".formatted(library, Path.of(name).getFileName());
    }

    /** Read by builds and module paths only; which library has which version is in the SBOM. */
    private static boolean isLeftOut(String name) {
        return name.equals("META-INF/MANIFEST.MF")
                || name.equals("META-INF/INDEX.LIST")
                || name.equals("META-INF/jandex.idx")
                || name.equals("META-INF/beans.xml")
                || name.startsWith("META-INF/maven/")
                || name.startsWith("META-INF/quarkus-")
                || name.endsWith("module-info.class");
    }

    private void write(Path result) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MULTI_RELEASE, Boolean.toString(multiRelease));
        try (var out = new ZipOutputStream(Files.newOutputStream(result))) {
            var main = new ByteArrayOutputStream();
            manifest.write(main);
            store(out, JarFile.MANIFEST_NAME, main.toByteArray());
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                store(out, file.getKey(), file.getValue());
            }
        }
    }

    private static void store(ZipOutputStream out, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(TIME); // archives of the same sources are the same bytes
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        CRC32 sum = new CRC32();
        sum.update(content);
        entry.setCrc(sum.getValue());
        out.putNextEntry(entry);
        out.write(content);
    }
}
