package io.parallite.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where the daemon listens: the path of a domain socket, or {@code host:port} on loopback. */
public sealed interface ListenAddress {

    /** A domain socket. */
    record Unix(Path path) implements ListenAddress {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** A TCP port; {@code port} 0 lets the system choose one. */
    record Tcp(String host, int port) implements ListenAddress {
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /** What {@code sockaddr_un} holds without the final zero: on macOS four less than on Linux. */
    int MAX_PATH_BYTES = Platform.isMac() ? 103 : 107;

    Pattern HOST_AND_PORT = Pattern.compile("(?:tcp://)?(\\[[0-9a-fA-F:]+]|[A-Za-z0-9.-]+):(\\d+)");

    /** The address when nothing is configured. */
    static String byDefault() {
        return Platform.isWindows() ? "127.0.0.1:9876" : "/tmp/parallite.sock";
    }

    /**
     * Reads {@code /path}, {@code unix:///path}, {@code host:port} or {@code tcp://host:port};
     * empty is the default.
     *
     * @throws IllegalArgumentException with a sentence for the user
     */
    static ListenAddress parse(String text) {
        String value = text.isBlank() ? byDefault() : text.strip();
        Matcher tcp = HOST_AND_PORT.matcher(value);
        if (tcp.matches()) {
            return tcp(tcp.group(1), tcp.group(2));
        }
        if (value.startsWith("tcp://")) {
            throw new IllegalArgumentException(value + " lacks a port: write tcp://127.0.0.1:9876");
        }
        return unix(value.startsWith("unix://") ? value.substring("unix://".length()) : value);
    }

    private static ListenAddress tcp(String host, String portText) {
        int port = portText.length() > 5 ? Integer.MAX_VALUE : Integer.parseInt(portText);
        if (port > 65535) {
            throw new IllegalArgumentException("port " + portText + " is not within 0..65535");
        }
        try {
            if (!InetAddress.getByName(host).isLoopbackAddress()) {
                throw new IllegalArgumentException(
                        "host "
                                + host
                                + " is not loopback: a client may run any code, so only 127.0.0.1, ::1 and localhost are served");
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("host " + host + " is unknown", e);
        }
        return new Tcp(host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port);
    }

    private static ListenAddress unix(String path) {
        if (path.isEmpty()) {
            throw new IllegalArgumentException("unix:// lacks a path");
        }
        int length = path.getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_PATH_BYTES) {
            throw new IllegalArgumentException(
                    "path of %d bytes exceeds the %d that a socket's may have; use a shorter one"
                            .formatted(length, MAX_PATH_BYTES));
        }
        try {
            return new Unix(Path.of(path));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
