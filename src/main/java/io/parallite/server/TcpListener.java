package io.parallite.server;

import io.netty.buffer.ByteBuf;
import io.parallite.config.AuthTokens;
import io.parallite.config.ListenAddress;
import io.parallite.config.ListenSettings;
import io.parallite.config.TlsFiles;
import io.parallite.engine.Offload;
import io.parallite.engine.VertxEngine;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A TCP port: in the clear on loopback, with TLS elsewhere. Where a token is asked for, a client
 * has to show it before anything else of it is read. Token and certificates are read again when
 * their files change; where they cannot be used, the former ones go on. Owned by the engine's
 * thread.
 */
final class TcpListener implements Listener {

    private static final Logger LOG = Logger.getLogger(TcpListener.class);

    /** How often it is looked whether token and certificates have changed. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /**
     * Something that is kept in files.
     *
     * @param what for the log
     * @param read reads it and takes it into use; blocks, and throws a sentence for the user
     */
    private record Kept(String what, FileVersions files, Runnable read) {}

    private final VertxEngine engine;
    private final Offload offload;
    private final ListenAddress address;
    private final Clients clients;
    private final ServerSockets sockets;
    private final @Nullable Certificates certificates;
    private final List<Kept> kept = new ArrayList<>();
    private volatile @Nullable AuthTokens tokens;
    private int refused;
    private String lastRefusal = "";
    private boolean stopping;

    /**
     * @param address one that is no domain socket
     * @param most how many connections there may be at a time
     */
    TcpListener(
            VertxEngine engine,
            Offload offload,
            ListenAddress address,
            ListenSettings settings,
            Clients clients,
            int most) {
        this.engine = engine;
        this.offload = offload;
        this.address = address;
        this.clients = clients;
        this.sockets = new ServerSockets(engine, most, clients::onFull, this::onConnect);
        settings.tokenFile().ifPresent(this::keepToken);
        this.certificates =
                address instanceof ListenAddress.Tls
                        ? keepCertificates(settings.tls().orElseThrow())
                        : null;
    }

    private void keepToken(Path file) {
        FileVersions files = new FileVersions(List.of(file));
        kept.add(new Kept("token", files, () -> tokens = AuthTokens.read(file)));
    }

    private Certificates keepCertificates(TlsFiles files) {
        Certificates made = new Certificates(engine.vertx(), files);
        Runnable read =
                () -> {
                    made.read();
                    made.warnings().forEach(LOG::warn);
                };
        kept.add(new Kept("certificates", new FileVersions(files.all()), read));
        return made;
    }

    @Override
    public void claim() {
        // the port is taken, or it is not
    }

    @Override
    public Uni<Void> listen() {
        Uni<Void> all = Uni.createFrom().voidItem();
        for (Kept one : kept) {
            all = all.chain(() -> read(one));
        }
        return all.chain(() -> sockets.listen(options(), where(), address.toString()))
                .invoke(() -> engine.schedule(LOOK, this::look));
    }

    private Uni<Void> read(Kept one) {
        return Uni.createFrom()
                .emitter(
                        emitter ->
                                offload.run(
                                        () -> {
                                            one.read().run();
                                            return one;
                                        },
                                        (done, problem) -> {
                                            if (problem == null) {
                                                emitter.complete(null);
                                            } else {
                                                emitter.fail(problem);
                                            }
                                        }));
    }

    private SocketAddress where() {
        return switch (address) {
            case ListenAddress.Tcp(String host, int port) ->
                    SocketAddress.inetSocketAddress(port, host);
            case ListenAddress.Tls(String host, int port) ->
                    SocketAddress.inetSocketAddress(port, host);
            case ListenAddress.Unix _ -> throw new IllegalStateException("no port: " + address);
        };
    }

    private NetServerOptions options() {
        NetServerOptions options =
                new NetServerOptions()
                        .setTcpNoDelay(true)
                        .setSslHandshakeTimeout(Gate.PATIENCE.toMillis())
                        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
        return certificates == null ? options : certificates.addTo(options);
    }

    private void onConnect(NetSocket socket) {
        AuthTokens asked = tokens;
        if (asked == null) {
            var _ = clients.admit(socket, ClientIdentity.of(socket));
        } else {
            Gate.ask(
                    engine,
                    socket,
                    asked,
                    (name, rest) -> admit(socket, name, rest),
                    this::onRefused);
        }
    }

    private void admit(NetSocket socket, String name, ByteBuf rest) {
        if (!stopping) {
            clients.admit(socket, ClientIdentity.ofToken(name)).begin(rest);
        }
    }

    private void onRefused(String who) {
        refused++;
        lastRefusal = who;
    }

    private void look() {
        if (stopping) {
            return;
        }
        engine.schedule(LOOK, this::look);
        if (refused > 0) {
            LOG.warnf(
                    "clients are refused for lack of the token address=%s count=%d last=%s",
                    address, refused, lastRefusal);
            refused = 0;
        }
        kept.stream().filter(one -> one.files().haveChanged()).forEach(this::readAgain);
    }

    private void readAgain(Kept one) {
        read(one)
                .subscribe()
                .with(
                        _ -> LOG.infof("new %s in use address=%s", one.what(), address),
                        e ->
                                LOG.errorf(
                                        "new %s cannot be used, what was read before goes on: %s address=%s",
                                        one.what(), e.getMessage(), address));
    }

    @Override
    public void stop() {
        stopping = true;
        sockets.stop();
    }

    @Override
    public void removeFile() {
        // there is none
    }

    @Override
    public void close() {
        sockets.close();
    }

    @Override
    public boolean isFull() {
        return sockets.isFull();
    }

    @Override
    public Optional<String> unreachable() {
        return Optional.empty();
    }
}
