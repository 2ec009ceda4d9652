package io.parallite.cli;

import io.parallite.config.LaunchSettings;
import io.parallite.config.ListenAddress;
import io.parallite.server.ListenException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Looks whether {@code http_port} can be had before Quarkus opens it, and fails with a stack. */
public final class HttpPort {

    private HttpPort() {}

    /**
     * Opens it and closes it again.
     *
     * @throws ListenException when the port is taken, or the host is none of this machine
     */
    public static void check(LaunchSettings settings) {
        settings.http().ifPresent(HttpPort::tryToBind);
    }

    private static void tryToBind(ListenAddress.Tcp address) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address.host(), address.port()));
        } catch (IOException e) {
            throw new ListenException(
                    "cannot serve HTTP on %s: %s; choose another http_port or http_host"
                            .formatted(address, e.getMessage()));
        }
    }
}
