package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SocketFileTest {

    @TempDir private Path directory;
    private Path path;

    @BeforeEach
    void namePath() {
        path = directory.resolve("p.sock");
    }

    @Test
    void isPublishedBoundAndOwnersOnly() throws IOException {
        SocketFile file = SocketFile.claim(path);
        try (ServerSocketChannel server = bind(file.bindPath())) {
            assertThat(path).doesNotExist();
            file.publish();

            assertThat(isAnswered()).isTrue();
            if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .isEqualTo("rw-------");
            }
            assertThat(files()).as("nothing but the socket").containsExactly("p.sock");
        }
        file.remove();
        assertThat(files()).isEmpty();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void isBoundWhereOnlyItsOwnerCanEnter() throws IOException {
        Path parent = SocketFile.claim(path).bindPath().getParent();

        assertThat(parent.getParent()).isEqualTo(directory);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(parent)))
                .isEqualTo("rwx------");
    }

    @Test
    void replacesStaleSocket() throws IOException {
        bind(path).close();
        assertThat(path).exists();

        SocketFile file = SocketFile.claim(path);
        try (ServerSocketChannel server = bind(file.bindPath())) {
            file.publish();
            assertThat(isAnswered()).isTrue();
        }
    }

    @Test
    void refusesLiveSocket() throws IOException {
        try (ServerSocketChannel server = bind(path)) {
            assertThatExceptionOfType(ListenException.class)
                    .isThrownBy(() -> SocketFile.claim(path))
                    .withMessageContaining("another daemon is listening on " + path);

            assertThat(isAnswered()).isTrue();
            assertThat(files()).containsExactly("p.sock");
        }
    }

    @Test
    void refusesRegularFileAndLeavesItAlone() throws IOException {
        Files.writeString(path, "precious");

        refuses();

        assertThat(path).hasContent("precious");
        assertThat(files()).containsExactly("p.sock");
    }

    @Test
    void refusesDirectoryAndLink() throws IOException {
        Files.createDirectory(path);
        refuses();
        Files.delete(path);

        Path target = Files.writeString(directory.resolve("target"), "precious");
        Files.createSymbolicLink(path, target);
        refuses();
        assertThat(target).hasContent("precious");
        Files.delete(target);
        refuses();
        assertThat(Files.exists(path, LinkOption.NOFOLLOW_LINKS)).isTrue();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void refusesNamedPipe() throws IOException, InterruptedException {
        Process mkfifo = new ProcessBuilder("mkfifo", path.toString()).start();
        assumeThat(mkfifo.waitFor()).isZero();

        refuses();

        assertThat(path).exists();
    }

    @Test
    void saysWhyNoSocketCanBeCreated() {
        Path nowhere = directory.resolve("missing/p.sock");

        assertThatExceptionOfType(ListenException.class)
                .isThrownBy(() -> SocketFile.claim(nowhere))
                .withMessageContaining("cannot create socket " + nowhere)
                .withMessageContaining("NoSuchFile")
                .withMessageContaining("--socket");
    }

    @Test
    void lostRaceLeavesTheWinnersSocketAlone() throws IOException {
        SocketFile slow = SocketFile.claim(path);
        SocketFile fast = SocketFile.claim(path);
        try (ServerSocketChannel slowServer = bind(slow.bindPath());
                ServerSocketChannel fastServer = bind(fast.bindPath())) {
            fast.publish();

            assertThatExceptionOfType(ListenException.class)
                    .isThrownBy(slow::publish)
                    .withMessageContaining("has just taken");
            slow.remove();

            assertThat(isAnswered()).isTrue();
            assertThat(files()).containsExactly("p.sock");
        }
    }

    @Test
    void doesNotRemoveSocketOfASuccessor() throws IOException {
        SocketFile first = SocketFile.claim(path);
        try (ServerSocketChannel server = bind(first.bindPath())) {
            first.publish();
        }
        SocketFile second = SocketFile.claim(path);
        try (ServerSocketChannel server = bind(second.bindPath())) {
            second.publish();

            first.remove();

            assertThat(isAnswered()).isTrue();
        }
    }

    @Test
    void removingWhatWasNeverPublishedLeavesNothing() throws IOException {
        SocketFile file = SocketFile.claim(path);
        try (ServerSocketChannel server = bind(file.bindPath())) {
            file.remove();
        }

        assertThat(files()).isEmpty();
    }

    private void refuses() {
        assertThatExceptionOfType(ListenException.class)
                .isThrownBy(() -> SocketFile.claim(path))
                .withMessageContaining(path + " exists and is not a socket");
    }

    private static ServerSocketChannel bind(Path at) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(at));
    }

    private boolean isAnswered() {
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return client.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            return false;
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
