package io.parallite.server;

import io.netty.buffer.ByteBuf;
import io.parallite.config.AuthToken;
import io.parallite.config.ConfigException;
import io.parallite.config.ListenAddress;
import io.parallite.config.TlsFiles;
import io.parallite.engine.Offload;
import io.parallite.engine.VertxEngine;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
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

    /** What a client must have, and where that is written. */
    record Credentials(Optional<Path> tokenFile, Optional<TlsFiles> tls) {}

    private final VertxEngine engine;
    private final Offload offload;
    private final ListenAddress address;
    private final Credentials credentials;
    private final Clients clients;
    private final ServerSockets sockets;
    private @Nullable AuthToken token;
    private int refused;
    private String lastRefusal = "";
    private boolean stopping;

    /**
     * @param most how many connections there may be at a time
     */
    TcpListener(
            VertxEngine engine,
            Offload offload,
            ListenAddress address,
            Credentials credentials,
            Clients clients,
            int most) {
        this.engine = engine;
        this.offload = offload;
        this.address = address;
        this.credentials = credentials;
        this.clients = clients;
        this.sockets = new ServerSockets(engine, most, clients::onFull, this::onConnect);
    }

    @Override
    public Uni<Void> listen() {
        Optional<Path> file = credentials.tokenFile();
        token = file.map(AuthToken::read).orElse(null);
        return checkKeyPair()
                .chain(() -> sockets.listen(options(), where(), address.toString()))
                .invoke(this::lookForChanges)
                .replaceWithVoid();
    }

    /** Fails with a {@link ListenException} when the key is not that of the certificate. */
    private Uni<Void> checkKeyPair() {
        if (!(address instanceof ListenAddress.Tls)) {
            return Uni.createFrom().voidItem();
        }
        TlsFiles files = credentials.tls().orElseThrow();
        return Uni.createFrom()
                .emitter(
                        emitter ->
                                offload.run(
                                        () -> {
                                            KeyPairCheck.check(engine.vertx(), files);
                                            return files;
                                        },
                                        (checked, problem) -> {
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
        NetServerOptions options = new NetServerOptions().setTcpNoDelay(true);
        if (!(address instanceof ListenAddress.Tls)) {
            return options;
        }
        TlsFiles files = credentials.tls().orElseThrow();
        options.setSsl(true)
                .setSslHandshakeTimeout(Gate.PATIENCE.toMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setKeyCertOptions(KeyPairCheck.options(files));
        files.clientAuthorities()
                .ifPresent(
                        authorities ->
                                options.setClientAuth(ClientAuth.REQUIRED)
                                        .setTrustOptions(
                                                new PemTrustOptions()
                                                        .addCertPath(authorities.toString())));
        return options;
    }

    private void onConnect(NetSocket socket) {
        AuthToken asked = token;
        if (asked == null) {
            var _ = clients.admit(socket);
        } else {
            Gate.ask(engine, socket, asked, rest -> admit(socket, rest), this::onRefused);
        }
    }

    private void admit(NetSocket socket, ByteBuf rest) {
        if (!stopping) {
            clients.admit(socket).begin(rest);
        }
    }

    private void onRefused(String who) {
        refused++;
        lastRefusal = who;
    }

    private void lookForChanges(NetServer server) {
        FileVersions tokens = new FileVersions(credentials.tokenFile().stream().toList());
        FileVersions certificates =
                new FileVersions(
                        address instanceof ListenAddress.Tls
                                ? credentials.tls().map(TlsFiles::all).orElseThrow()
                                : List.of());
        engine.schedule(LOOK, () -> look(server, tokens, certificates));
    }

    private void look(NetServer server, FileVersions tokens, FileVersions certificates) {
        if (stopping) {
            return;
        }
        engine.schedule(LOOK, () -> look(server, tokens, certificates));
        if (refused > 0) {
            LOG.warnf(
                    "clients are refused for lack of the token address=%s count=%d last=%s",
                    address, refused, lastRefusal);
            refused = 0;
        }
        if (tokens.haveChanged()) {
            readToken();
        }
        if (certificates.haveChanged()) {
            readCertificates(server);
        }
    }

    private void readToken() {
        offload.run(
                () -> AuthToken.read(credentials.tokenFile().orElseThrow()),
                (read, problem) -> {
                    if (problem == null) {
                        token = read;
                        LOG.infof("the token was read again address=%s", address);
                    } else if (problem instanceof ConfigException) {
                        LOG.errorf(
                                "the former token is asked for: %s address=%s",
                                problem.getMessage(), address);
                    } else {
                        LOG.errorf(problem, "the token cannot be read again address=%s", address);
                    }
                });
    }

    private void readCertificates(NetServer server) {
        checkKeyPair()
                .chain(
                        () ->
                                Uni.createFrom()
                                        .completionStage(
                                                () ->
                                                        server.updateSSLOptions(
                                                                        options().getSslOptions(),
                                                                        true)
                                                                .toCompletionStage()))
                .subscribe()
                .with(
                        _ -> LOG.infof("certificates were read again address=%s", address),
                        e ->
                                LOG.errorf(
                                        "the former certificates are used, since the new ones cannot be: %s address=%s",
                                        e.getMessage(), address));
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
