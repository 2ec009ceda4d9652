package io.parallite.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamedPipeTest {

    @TempDir private Path directory;
    private Path path;
    private NamedPipe pipe;

    @BeforeEach
    void makeIt() {
        assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
        path = directory.resolve("next");
        pipe = NamedPipe.make(path);
        assertThat(pipe).isNotNull();
    }

    @AfterEach
    void closeIt() {
        if (pipe != null) {
            pipe.close();
        }
    }

    @Test
    void whatNobodyReadComesBackPacketByPacket() {
        assertThat(pipe.put(bytes("one"))).isTrue();
        assertThat(pipe.put(bytes("two"))).isTrue();

        assertThat(texts(pipe.drain())).containsExactly("one", "two");
        assertThat(pipe.drain()).isEmpty();
    }

    @Test
    void readerGetsOnePacketAtATime() throws IOException {
        pipe.put(bytes("one"));
        pipe.put(bytes("two"));
        pipe.put(bytes("three"));

        try (FileInputStream reader = new FileInputStream(path.toFile())) {
            byte[] read = new byte[NamedPipe.ATOMIC_BYTES];
            assertThat(reader.read(read)).isEqualTo(3);
            assertThat(new String(read, 0, 3, StandardCharsets.UTF_8)).isEqualTo("one");
        }
        assertThat(texts(pipe.drain())).containsExactly("two", "three");
    }

    @Test
    void takesPacketsThatTheKernelKeepsWhole() {
        assertThat(pipe.put(new byte[NamedPipe.ATOMIC_BYTES])).isTrue();
        assertThat(pipe.put(new byte[NamedPipe.ATOMIC_BYTES + 1])).isFalse();

        assertThat(pipe.drain()).singleElement().satisfies(p -> assertThat(p).hasSize(4096));
    }

    @Test
    void fullOneTakesNothingMoreAndDoesNotBlock() {
        int packets = 0;
        while (pipe.put(new byte[NamedPipe.ATOMIC_BYTES])) {
            packets++;
        }

        assertThat(packets).isPositive();
        assertThat(pipe.drain()).hasSize(packets);
    }

    @Test
    void isForItsOwnerAndGoesWithItsFile() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");

        pipe.close();
        pipe.close();

        assertThat(path).doesNotExist();
        assertThat(pipe.put(bytes("late"))).isFalse();
        assertThat(pipe.drain()).isEmpty();
    }

    @Test
    void cannotBeMadeWhereSomethingElseIs() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "x");

        assertThat(NamedPipe.make(file)).isNull();
        assertThat(file).hasContent("x");
        assertThat(NamedPipe.make(directory.resolve("no/such/place"))).isNull();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> texts(List<byte[]> packets) {
        return packets.stream().map(bytes -> new String(bytes, StandardCharsets.UTF_8)).toList();
    }
}
