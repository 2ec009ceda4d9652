package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Where a daemon listens, and what it does when something is there already. */
final class SocketFileIT {

    private static final int UNAVAILABLE = 69;
    private static final int BAD_CONFIGURATION = 78;

    @Test
    @DisplayName("Line 10: a second daemon is refused, and the first one keeps its socket")
    void refusesSocketOfLiveDaemon() {
        try (DaemonProcess first = daemon().startAtRest()) {
            var ended =
                    daemon().listeningAt(
                                    first.socket().toString(),
                                    UnixDomainSocketAddress.of(first.socket()))
                            .run();

            assertThat(ended.exitCode()).isEqualTo(UNAVAILABLE);
            assertThat(ended.log())
                    .contains("another daemon is listening on", first.socket().toString())
                    .doesNotContain("Exception");
            try (TestClient client = first.connect()) {
                assertThat(client.call(TestClient.request("ping", "p")).number("pid"))
                        .isEqualTo(first.pid());
            }
            first.assertRestored();
        }
    }

    @Test
    @DisplayName("Line 10: a regular file at the socket's path is refused and left as it is")
    void refusesAndKeepsRegularFile() throws IOException {
        DaemonBuilder builder = daemon();
        Files.writeString(builder.socket(), "precious");

        var ended = builder.run(file -> assertThat(file).hasContent("precious"));

        assertThat(ended.exitCode()).isEqualTo(UNAVAILABLE);
        assertThat(ended.log()).contains(builder.socket().toString(), "is not a socket");
    }

    @Test
    @DisplayName("Line 10: what a symbolic link at the socket's path points to is left as it is")
    void refusesSymbolicLink() throws IOException {
        DaemonBuilder builder = daemon();
        Path target = Files.writeString(builder.project().resolve("target"), "precious");
        Files.createSymbolicLink(builder.socket(), target);

        var ended = builder.run(link -> assertThat(target).hasContent("precious"));

        assertThat(ended.exitCode()).isEqualTo(UNAVAILABLE);
    }

    @Test
    @DisplayName("Line 10: the socket of another user, which does not let us connect, is not stale")
    void refusesTheSocketOfAnotherUser() throws IOException {
        assumeThat(System.getProperty("user.name")).as("root acts as two users").isEqualTo("root");
        DaemonBuilder builder = daemon().under("setpriv", "--reuid=59418", "--clear-groups");
        Path shared = builder.socket().getParent();
        for (Path own : List.of(builder.project(), builder.project().resolveSibling("run"))) {
            Files.setAttribute(own, "unix:uid", 59_418);
        }
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(builder.socket()));
            Files.setPosixFilePermissions(
                    builder.socket(), PosixFilePermissions.fromString("rw-------"));

            var ended =
                    builder.run(
                            socket ->
                                    assertThat(socket.toFile().delete())
                                            .as("it is where it was")
                                            .isTrue());

            assertThat(ended.exitCode()).isEqualTo(UNAVAILABLE);
            assertThat(ended.log()).contains("is the socket of another user", "--socket");
        }
    }

    @Test
    void refusesARunTimeDirectoryWhosePathIsTooLong() throws IOException {
        DaemonBuilder builder = daemon();
        Path deep = builder.project();
        for (int i = 0; i < 4; i++) {
            deep = Files.createDirectory(deep.resolve("x".repeat(30)));
        }

        Path tooLong = deep;
        var ended =
                builder.env("XDG_RUNTIME_DIR", deep.toString())
                        .run(socket -> assertThat(tooLong).isEmptyDirectory());

        assertThat(ended.exitCode()).isEqualTo(BAD_CONFIGURATION);
        assertThat(ended.log().lines()).singleElement().asString().contains("XDG_RUNTIME_DIR");
    }

    @Test
    @DisplayName("Line 10: the socket that a dead daemon has left is replaced")
    void replacesStaleSocket() throws IOException {
        DaemonBuilder builder = daemon("--fixed-workers", "1");
        bindAndForget(builder.socket());

        try (DaemonProcess daemon = builder.startAtRest()) {
            assertThat(daemon.log()).contains("stale socket");
            daemon.assertRestored();
        }
    }

    private static void bindAndForget(Path path) throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(Files.exists(path, LinkOption.NOFOLLOW_LINKS)).isTrue();
    }

    @Test
    @DisplayName("Line 20: only its owner may connect, also through its other directories")
    void letsOnlyItsOwnerConnect() throws IOException {
        try (DaemonProcess daemon =
                daemon("--fixed-workers", "1")
                        .under("sh", "-c", "umask 0; exec \"$0\" \"$@\"")
                        .startAtRest()) {
            assertThat(permissions(daemon.socket())).isEqualTo("rw-------");
            try (var runDirectories = Files.list(daemon.directory().resolve("run"))) {
                assertThat(runDirectories)
                        .hasSize(1)
                        .allSatisfy(path -> assertThat(permissions(path)).isEqualTo("rwx------"));
            }
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void leavesTheSocketOfItsSuccessor() throws IOException {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest()) {
            Files.delete(daemon.socket());
            Files.writeString(daemon.socket(), "somebody else's");

            assertThat(daemon.stop().exitCode()).isZero();

            assertThat(daemon.socket()).hasContent("somebody else's");
        }
    }

    @Test
    void tellsThatTheDirectoryIsMissing() {
        Path missing = Path.of("/no/such/directory/parallite.sock");

        var ended =
                daemon().listeningAt(missing.toString(), UnixDomainSocketAddress.of(missing)).run();

        assertThat(ended.exitCode()).isEqualTo(UNAVAILABLE);
        assertThat(ended.log()).contains(missing.toString(), "directory").doesNotContain("\tat ");
    }

    @Test
    void tellsThatThePathIsTooLong() {
        var ended = daemon("--socket", "/tmp/" + "x".repeat(120)).withoutSocketFlag().run();

        assertThat(ended.exitCode()).isEqualTo(BAD_CONFIGURATION);
        assertThat(ended.log()).contains("125", "107");
    }

    @Test
    void listensOnLoopbackPort() throws IOException {
        int port = freePort();
        var address = new InetSocketAddress("127.0.0.1", port);

        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .listeningAt("127.0.0.1:" + port, address)
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("task", Closures.closure("fn () => 'over TCP'")).assertResult("over TCP");
            daemon.assertRestored();
        }

        assertThatThrownBy(() -> SocketChannel.open(address).close())
                .isInstanceOf(IOException.class);
    }

    @Test
    void refusesPortThatIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            String address = "127.0.0.1:" + taken.getLocalPort();

            var ended = daemon().listeningAt(address, new InetSocketAddress("127.0.0.1", 1)).run();

            assertThat(ended.exitCode()).isEqualTo(UNAVAILABLE);
            assertThat(ended.log()).contains(address).doesNotContain("\tat ");
        }
    }

    @Test
    @DisplayName("Line 20: an address that others can reach is refused with the reason")
    void refusesAddressBeyondLoopback() {
        for (String address : new String[] {"0.0.0.0:9876", "192.0.2.1:9876"}) {
            var ended = daemon("--socket", address).withoutSocketFlag().run();

            assertThat(ended.exitCode()).isEqualTo(BAD_CONFIGURATION);
            assertThat(ended.log()).contains(address, "is not loopback", "--socket");
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0)) {
            return probe.getLocalPort();
        }
    }
}
