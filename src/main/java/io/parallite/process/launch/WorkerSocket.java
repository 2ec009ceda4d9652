package io.parallite.process.launch;

import io.parallite.config.Platform;
import io.parallite.engine.VertxEngine;
import io.parallite.process.WorkerStartException;
import io.parallite.process.channel.Handshake;
import io.parallite.process.files.RunDirectories;
import io.parallite.process.files.RunDirectory;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The socket that workers connect back to, in the {@link RunDirectory}; on systems without domain
 * sockets for PHP a loopback port.
 *
 * <p>When the directory was removed while the daemon runs, for example by a cleaner of temporary
 * files, it is made again before the next worker starts. Workers that are connected keep their
 * connections. Owned by the engine's thread.
 */
final class WorkerSocket {

    private static final Logger LOG = Logger.getLogger(WorkerSocket.class);

    static final String NAME = "worker.sock";

    private static final boolean HAS_DOMAIN_SOCKETS = !Platform.isWindows();

    private final VertxEngine engine;
    private final RunDirectory directory;
    private final Function<String, Handshake.@Nullable Host> hosts;

    /** One for each time that the directory was made: closing one would close its connections. */
    private final List<NetServer> servers = new ArrayList<>();

    private String address = "";

    /**
     * @param hosts who awaits the worker with a token, once
     */
    WorkerSocket(
            VertxEngine engine,
            RunDirectory directory,
            Function<String, Handshake.@Nullable Host> hosts) {
        this.engine = engine;
        this.directory = directory;
        this.hosts = hosts;
    }

    /** Opens the socket. */
    Uni<Void> listen() {
        NetServer server = engine.vertx().createNetServer(new NetServerOptions());
        servers.add(server);
        server.connectHandler(opened -> new Handshake(engine, opened, hosts));
        return Uni.createFrom()
                .completionStage(() -> server.listen(where()).toCompletionStage())
                .invoke(this::onListening)
                .replaceWithVoid();
    }

    private SocketAddress where() {
        return HAS_DOMAIN_SOCKETS
                ? SocketAddress.domainSocketAddress(path().toString())
                : SocketAddress.inetSocketAddress(0, "127.0.0.1");
    }

    private Path path() {
        return directory.path().resolve(NAME);
    }

    private void onListening(NetServer server) {
        if (server.actualPort() <= 0) {
            giveToWorkers();
        }
        address =
                server.actualPort() > 0
                        ? "tcp://127.0.0.1:" + server.actualPort()
                        : "unix://" + path();
    }

    private void giveToWorkers() {
        try {
            directory.give(path());
        } catch (IOException e) {
            throw new UncheckedIOException("workers cannot be let to their socket", e);
        }
    }

    /** Whether workers find it. */
    boolean isInPlace() {
        return !HAS_DOMAIN_SOCKETS || Files.exists(path(), LinkOption.NOFOLLOW_LINKS);
    }

    /** Makes the directory and opens the socket anew, in place of those that were removed. */
    Uni<Void> reopen() {
        Path removed = directory.path();
        try {
            directory.renew();
        } catch (IOException e) {
            return Uni.createFrom()
                    .failure(
                            new WorkerStartException(
                                    "the run-time directory %s was removed, and cannot be made anew: %s; restart the daemon"
                                            .formatted(removed, e)));
        }
        LOG.warnf(
                "the run-time directory was removed under the daemon and is made anew; exclude %s* from what cleans up there removed=%s path=%s",
                RunDirectories.PREFIX, removed, directory.path());
        return listen();
    }

    /** As PHP writes it, for {@code stream_socket_client}. */
    String address() {
        return address;
    }

    void close() {
        servers.forEach(NetServer::close);
    }
}
