package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.parallite.config.ListenAddress;
import io.parallite.config.SocketAccess;
import io.parallite.engine.LibC;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
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
        SocketFile file = SocketFile.claim(path, SocketAccess.OWNER);
        try (ServerSocketChannel server = bind(file.bindPath())) {
            assertThat(path).doesNotExist();
            file.publish();

            assertThat(isAnswered()).isTrue();
            if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .isEqualTo("rw-------");
            }
            assertThat(files())
                    .as("nothing but the socket and its lock")
                    .containsExactlyInAnyOrder("p.sock", ".p.sock.lock");
        }
        file.remove();
        assertThat(files()).isEmpty();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void isBoundWhereOnlyItsOwnerCanEnter() throws IOException {
        Path parent = SocketFile.claim(path, SocketAccess.OWNER).bindPath().getParent();

        assertThat(parent.getParent()).isEqualTo(directory);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(parent)))
                .isEqualTo("rwx------");
    }

    @Test
    void replacesStaleSocket() throws IOException {
        bind(path).close();
        assertThat(path).exists();

        SocketFile file = SocketFile.claim(path, SocketAccess.OWNER);
        try (ServerSocketChannel server = bind(file.bindPath())) {
            file.publish();
            assertThat(isAnswered()).isTrue();
        }
    }

    @Test
    void refusesLiveSocket() throws IOException {
        try (ServerSocketChannel server = bind(path)) {
            assertThatExceptionOfType(ListenException.class)
                    .isThrownBy(() -> SocketFile.claim(path, SocketAccess.OWNER))
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
                .isThrownBy(() -> SocketFile.claim(nowhere, SocketAccess.OWNER))
                .withMessageContaining("cannot create socket " + nowhere)
                .withMessageContaining("NoSuchFile")
                .withMessageContaining("--socket");
    }

    @Test
    void lostRaceLeavesTheWinnersSocketAlone() throws IOException {
        SocketFile slow = SocketFile.claim(path, SocketAccess.OWNER);
        try (ServerSocketChannel slowServer = bind(slow.bindPath());
                ServerSocketChannel fast = bind(path)) { // by a program that knows no lock
            assertThatExceptionOfType(ListenException.class)
                    .isThrownBy(slow::publish)
                    .withMessageContaining("has just taken");
            slow.remove();

            assertThat(isAnswered()).isTrue();
            assertThat(files()).containsExactly("p.sock");
        }
    }

    @Test
    void doesNotRemoveSocketThatAnotherProgramHasPutThere() throws IOException {
        SocketFile file = SocketFile.claim(path, SocketAccess.OWNER);
        try (ServerSocketChannel server = bind(file.bindPath())) {
            file.publish();
            Files.delete(path);
            try (ServerSocketChannel another = bind(path)) {
                assertThat(file.place()).isEqualTo(SocketFile.Place.ANOTHERS);

                file.remove();

                assertThat(isAnswered()).isTrue();
            }
        }
    }

    @Test
    void staysTheSameWhenItsTimesAndPermissionsChange() throws IOException {
        SocketFile file = SocketFile.claim(path, SocketAccess.OWNER);
        try (ServerSocketChannel server = bind(file.bindPath())) {
            file.publish();

            Files.setLastModifiedTime(path, FileTime.fromMillis(1000));
            if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
            }

            assertThat(file.isInPlace()).isTrue();
            file.remove();
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void refusesPathOfADaemonThatDoesNotAnswerYet() {
        SocketFile starting = SocketFile.claim(path, SocketAccess.OWNER);

        assertThatExceptionOfType(ListenException.class)
                .isThrownBy(() -> SocketFile.claim(path, SocketAccess.OWNER))
                .withMessageContaining("another daemon is listening on " + path);

        starting.remove();
        SocketFile.claim(path, SocketAccess.OWNER).remove();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void refusesLiveSocketWhoseBacklogIsFull() throws IOException {
        try (ServerSocketChannel server =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                        .bind(UnixDomainSocketAddress.of(path), 1)) {
            List<SocketChannel> waiting = new ArrayList<>();
            boolean isFull = false;
            while (!isFull) {
                SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX);
                client.configureBlocking(false);
                waiting.add(client);
                try {
                    isFull = !client.connect(UnixDomainSocketAddress.of(path));
                } catch (SocketException e) {
                    isFull = true;
                }
            }

            assertThatExceptionOfType(ListenException.class)
                    .isThrownBy(() -> SocketFile.claim(path, SocketAccess.OWNER))
                    .withMessageContaining("another daemon is listening on " + path);

            for (SocketChannel client : waiting) {
                client.close();
            }
        }
        assertThat(path).exists();
    }

    @Test
    void isPublishedAnewAfterItWasRemoved() throws IOException {
        SocketFile file = SocketFile.claim(path, SocketAccess.OWNER);
        try (ServerSocketChannel first = bind(file.bindPath())) {
            file.publish();
            Files.delete(path);
            assertThat(file.place()).isEqualTo(SocketFile.Place.NOTHING);

            file.prepare();
            try (ServerSocketChannel second = bind(file.bindPath())) {
                file.publish();

                assertThat(file.isInPlace()).isTrue();
                assertThat(isAnswered()).isTrue();
                file.remove();
            }
        }
        assertThat(files()).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void isNeverOpenToOthersOnAPathWithoutRoomForADirectory() throws IOException {
        int room = ListenAddress.MAX_PATH_BYTES - directory.toString().length() - 1;
        path = directory.resolve("d".repeat(room - 5)).resolve("s");
        Files.createDirectory(path.getParent());
        int mask = LibC.umask(0);
        try {
            SocketFile file = SocketFile.claim(path, SocketAccess.OWNER);
            assertThat(file.bindPath()).isEqualTo(path);
            try (ServerSocketChannel server = bind(path)) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .as("before it is published")
                        .isEqualTo("rwx------");
                file.publish();
                file.remove();
            }
            assertThat(LibC.umask(0)).as("the mask is as before").isZero();
        } finally {
            LibC.umask(mask);
        }
    }

    @Test
    void removingWhatWasNeverPublishedLeavesNothing() throws IOException {
        SocketFile file = SocketFile.claim(path, SocketAccess.OWNER);
        try (ServerSocketChannel server = bind(file.bindPath())) {
            file.remove();
        }

        assertThat(files()).isEmpty();
    }

    private void refuses() {
        assertThatExceptionOfType(ListenException.class)
                .isThrownBy(() -> SocketFile.claim(path, SocketAccess.OWNER))
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
