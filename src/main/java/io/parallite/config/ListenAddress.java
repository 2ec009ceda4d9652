package io.parallite.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the daemon listens: the path of a domain socket, {@code host:port} on loopback, or, with
 * TLS, on any interface.
 */
public sealed interface ListenAddress {

    /** A domain socket. */
    record Unix(Path path) implements ListenAddress {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** A TCP port; with {@code port} 0 the system chooses one. */
    record Tcp(String host, int port) implements ListenAddress {
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /** A TCP port on which TLS is spoken, of whatever interface. */
    record Tls(String host, int port) implements ListenAddress {
        @Override
        public String toString() {
            return "tls://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /** What {@code sockaddr_un} holds without the final zero: on macOS four less than on Linux. */
    int MAX_PATH_BYTES = Platform.isMac() ? 103 : 107;

    Pattern HOST_AND_PORT =
            Pattern.compile("(?:tcp://|(tls://))?(\\[[0-9a-fA-F:]+]|[A-Za-z0-9.-]+):(\\d+)");

    /** The address when nothing is configured. */
    static String byDefault() {
        return Platform.isWindows() ? "127.0.0.1:9876" : "/tmp/parallite.sock";
    }

    /**
     * Reads {@code /path}, {@code unix:/path}, {@code unix:///path}, {@code host:port}, {@code
     * tcp://host:port} or {@code tls://host:port}; empty is the default.
     *
     * @throws IllegalArgumentException with a sentence for the user
     */
    static ListenAddress parse(String text) {
        String value = text.isBlank() ? byDefault() : text.strip();
        Matcher tcp = HOST_AND_PORT.matcher(value);
        if (tcp.matches()) {
            int port = port(tcp.group(3));
            return tcp.group(1) == null
                    ? tcp(tcp.group(2), port)
                    : new Tls(withoutBrackets(tcp.group(2)), port);
        }
        for (String scheme : List.of("tcp://", "tls://")) {
            if (value.startsWith(scheme)) {
                throw new IllegalArgumentException(
                        "%s lacks a port: write %s127.0.0.1:9876".formatted(value, scheme));
            }
        }
        return unix(value.replaceFirst("^unix:(//)?", ""));
    }

    private static int port(String text) {
        int port = text.length() > 5 ? Integer.MAX_VALUE : Integer.parseInt(text);
        if (port > 65535) {
            throw new IllegalArgumentException("port " + text + " is not within 0..65535");
        }
        return port;
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static ListenAddress tcp(String host, int port) {
        try {
            if (!InetAddress.getByName(host).isLoopbackAddress()) {
                throw new IllegalArgumentException(
                        "host "
                                + host
                                + " is not loopback: a client may run any code, so only 127.0.0.1, ::1 and localhost are served in the clear; others by tls:// (listen)");
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("host " + host + " is unknown", e);
        }
        return new Tcp(withoutBrackets(host), port);
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
