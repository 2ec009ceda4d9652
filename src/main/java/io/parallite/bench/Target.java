package io.parallite.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The daemon's address: a Unix socket's path or {@code host:port}.
 *
 * @param text the address as it was given, for messages
 */
record Target(String text) {

    private static final Pattern HOST_AND_PORT =
            Pattern.compile("\\[?([^/\\\\\\[\\]]+)]?:(\\d{1,5})");

    Target {
        Matcher matcher = HOST_AND_PORT.matcher(text);
        if (text.isBlank()) {
            throw new IllegalArgumentException("--socket is empty; give a path or host:port");
        }
        if (matcher.matches()) {
            int port = Integer.parseInt(matcher.group(2));
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException(
                        "--socket '" + text + "': port " + port + " is not in 1..65535");
            }
        }
    }

    /** Where the daemon listens unless told otherwise: a Unix socket, on Windows a TCP port. */
    static Target byDefault() {
        String named = System.getenv("PARALLITE_SOCKET");
        if (named != null && !named.isBlank()) {
            return new Target(named);
        }
        boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("win");
        return new Target(windows ? "127.0.0.1:9876" : "/tmp/parallite.sock");
    }

    /** Connects, waiting for it, and returns the channel in non-blocking mode. */
    SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(address());
        try {
            if (channel.getLocalAddress() instanceof InetSocketAddress) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            channel.configureBlocking(false);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private SocketAddress address() {
        Matcher matcher = HOST_AND_PORT.matcher(text);
        return matcher.matches()
                ? new InetSocketAddress(matcher.group(1), Integer.parseInt(matcher.group(2)))
                : UnixDomainSocketAddress.of(text);
    }

    @Override
    public String toString() {
        return text;
    }
}
