package io.parallite.server;

import io.parallite.config.ConfigException;
import io.parallite.config.ListenAddress;
import io.parallite.config.ListenSettings;
import io.parallite.config.TlsFiles;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a daemon could listen now: what a start looks at, by the same code, without leaving
 * anything behind. Blocks; any thread.
 */
public final class ListenRehearsal {

    private final List<String> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private ListenRehearsal() {}

    /** What comes of a start that is to listen at {@code where}. */
    public static ListenRehearsal of(ListenSettings where) {
        ListenRehearsal rehearsal = new ListenRehearsal();
        rehearsal.look(where);
        return rehearsal;
    }

    /** A sentence for everything that a start would fail with. */
    public List<String> problems() {
        return problems;
    }

    /** A sentence for everything that a start would warn of. */
    public List<String> warnings() {
        return warnings;
    }

    private void look(ListenSettings where) {
        for (ListenAddress address : where.addresses()) {
            rehearse(() -> listen(address, where));
        }
        boolean isTls = where.addresses().stream().anyMatch(ListenAddress.Tls.class::isInstance);
        if (isTls || !where.sockets().users().isEmpty()) {
            Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
            rehearse(
                    () ->
                            AllowedUsers.of(
                                    where.sockets().users(), vertx.isNativeTransportEnabled()));
            where.tls()
                    .filter(files -> isTls)
                    .ifPresent(files -> rehearse(() -> read(vertx, files)));
            vertx.close();
        }
    }

    private void rehearse(Runnable step) {
        try {
            step.run();
        } catch (ListenException | ConfigException e) {
            problems.add(e.getMessage());
        }
    }

    private void read(Vertx vertx, TlsFiles files) {
        Certificates certificates = new Certificates(vertx, files);
        certificates.read();
        warnings.addAll(certificates.warnings());
    }

    private static void listen(ListenAddress address, ListenSettings where) {
        switch (address) {
            case ListenAddress.Unix(Path path) -> SocketFile.rehearse(path, where.sockets());
            case ListenAddress.Tcp(String host, int port) -> bind(address, host, port);
            case ListenAddress.Tls(String host, int port) -> bind(address, host, port);
        }
    }

    private static void bind(ListenAddress address, String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new ListenException(
                    "cannot listen on %s: %s; choose another address"
                            .formatted(address, e.getMessage()));
        }
    }
}
