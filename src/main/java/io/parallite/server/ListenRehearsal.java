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

    private ListenRehearsal() {}

    /** A sentence for everything that a start would fail with. */
    public static List<String> problems(ListenSettings where) {
        List<String> problems = new ArrayList<>();
        for (ListenAddress address : where.addresses()) {
            rehearse(problems, () -> listen(address, where));
        }
        boolean isTls = where.addresses().stream().anyMatch(ListenAddress.Tls.class::isInstance);
        if (isTls || !where.sockets().users().isEmpty()) {
            Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
            rehearse(
                    problems,
                    () ->
                            AllowedUsers.of(
                                    where.sockets().users(), vertx.isNativeTransportEnabled()));
            where.tls()
                    .filter(files -> isTls)
                    .ifPresent(files -> rehearse(problems, () -> read(vertx, files)));
            vertx.close();
        }
        return problems;
    }

    private static void rehearse(List<String> problems, Runnable step) {
        try {
            step.run();
        } catch (ListenException | ConfigException e) {
            problems.add(e.getMessage());
        }
    }

    private static void read(Vertx vertx, TlsFiles files) {
        new Certificates(vertx, files).read();
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
