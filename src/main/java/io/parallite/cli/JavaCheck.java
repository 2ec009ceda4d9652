package io.parallite.cli;

import io.parallite.config.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/**
 * Java, its options, and the files of the distribution that make the daemon fast; a native
 * executable has none of them.
 */
final class JavaCheck {

    private final Path home;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * A check.
     *
     * @param home where the distribution is
     */
    JavaCheck(Path home) {
        this.home = home;
    }

    List<Finding> look() {
        if (Platform.isNative()) {
            findings.add(Finding.ok("native", "an executable that needs no Java"));
            return findings;
        }
        lookAtJava();
        lookAtOptions();
        lookAtCache();
        lookAtTransport();
        return findings;
    }

    private void lookAtJava() {
        Path java = Path.of(System.getProperty("java.home"));
        Path own = home.resolve("runtime");
        String found = "%s at %s".formatted(Runtime.version(), java);
        findings.add(
                Files.isDirectory(own) && !isSame(own, java)
                        ? Finding.warn(
                                "java",
                                found
                                        + ", in place of the one in "
                                        + own
                                        + ", which the AOT cache fits",
                                "leave PARALLITE_JAVA unset")
                        : Finding.ok("java", found));
    }

    private static boolean isSame(Path directory, Path other) {
        try {
            return Files.isSameFile(directory, other);
        } catch (IOException e) {
            return false; // of a Java that has been taken away
        }
    }

    private void lookAtOptions() {
        String options = System.getenv("PARALLITE_JAVA_OPTS");
        if (options != null
                && options.matches("(?s).*-XX:\\+Use(ZGC|ShenandoahGC|G1GC|ParallelGC).*")) {
            findings.add(
                    Finding.warn(
                            "java options",
                            options
                                    + ": another collector than the serial one, which starts slower and takes more memory",
                            "leave it out of PARALLITE_JAVA_OPTS, unless the heap is many gigabytes"));
        } else if (options != null && !options.isBlank()) {
            findings.add(Finding.ok("java options", options));
        }
    }

    /** Has Java map the cache as the daemon would, and end at once if it does not fit. */
    private void lookAtCache() {
        Path cache = home.resolve("lib/parallite.aot");
        Path train = home.resolve("lib/train");
        if (!Files.exists(cache)) {
            findings.add(
                    Finding.warn(
                            "aot cache",
                            "there is none: the daemon takes twice the time to start",
                            "run " + train));
            return;
        }
        List<String> command = daemonsJava(home);
        command.addAll(2, List.of("-XX:AOTCache=" + cache, "-XX:AOTMode=on"));
        command.addAll(List.of("-cp", home.resolve("lib/quarkus-run.jar").toString(), "-version"));
        Shell.Outcome outcome = Shell.run(command, Map.of());
        findings.add(
                outcome.exitCode() == 0
                        ? Finding.ok("aot cache", cache + " fits")
                        : Finding.warn(
                                "aot cache",
                                cache
                                        + " does not fit this Java, its options or the jars: the daemon takes twice the time to start",
                                "run " + train));
    }

    /**
     * How a launcher starts the daemon's Java: the program, its options, those of the user, but for
     * those that make a cache.
     */
    static List<String> daemonsJava(Path home) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("@" + home.resolve("lib/jvm.options"));
        String options = System.getenv("PARALLITE_JAVA_OPTS");
        if (options != null) {
            Stream.of(options.strip().split("\\s+"))
                    .filter(option -> !option.isEmpty() && !option.startsWith("-XX:AOT"))
                    .forEach(command::add);
        }
        return command;
    }

    private void lookAtTransport() {
        String arch = System.getProperty("os.arch", "");
        String processor = arch.equals("aarch64") ? "aarch_64" : "x86_64";
        String wanted = (Platform.isMac() ? "osx-" : "linux-") + processor;
        String library =
                "META-INF/native/libnetty_transport_native_"
                        + (Platform.isMac() ? "kqueue_" : "epoll_")
                        + processor
                        + (Platform.isMac() ? ".jnilib" : ".so");
        boolean has = false;
        try (ZipFile libraries = new ZipFile(home.resolve("lib/lib/boot/libraries.jar").toFile())) {
            has = libraries.getEntry(library) != null;
        } catch (IOException e) {
            // not a distribution: reported below
        }
        boolean known = Platform.isLinux() || Platform.isMac();
        findings.add(
                has && known
                        ? Finding.ok("transport", "native sockets (" + wanted + ")")
                        : Finding.warn(
                                "transport",
                                "no native sockets for %s on %s: Java's own are used, which are slower"
                                        .formatted(Platform.name(), arch),
                                "nothing on this system"));
    }
}
