package io.parallite.it;

import java.nio.file.Files;
import java.nio.file.Path;

/** The files under test: the distribution that the build has left, and the PHP of the tests. */
final class Distribution {

    private static final Path PROJECT = Path.of("").toAbsolutePath();
    private static final Path HOME =
            Path.of(System.getProperty("parallite.home", "target/parallite")).toAbsolutePath();

    private Distribution() {}

    /** Its directory. */
    static Path home() {
        return existing(HOME);
    }

    /** The launcher. */
    static Path launcher() {
        return existing(HOME.resolve("bin/parallite"));
    }

    /** A file of the distribution's {@code php} directory. */
    static Path php(String name) {
        return existing(HOME.resolve("php").resolve(name));
    }

    /** A worker script that misbehaves in one way. */
    static Path fault(String name) {
        return existing(PROJECT.resolve("php/tests/faults").resolve(name + ".php"));
    }

    /** A file of these tests' own. */
    static Path resource(String name) {
        return existing(PROJECT.resolve("src/test/resources/it").resolve(name));
    }

    private static Path existing(Path file) {
        if (!Files.exists(file)) {
            throw new IllegalStateException(file + " is missing; build with ./mvnw package");
        }
        return file;
    }
}
