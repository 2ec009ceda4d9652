package io.parallite.config;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a command expects the daemon, and where that address comes from.
 *
 * @param source for messages: {@code --socket}, a variable, a file, or {@code default}
 * @param tokenFile the file with the token for a daemon on TCP, if it is known here
 */
public record DaemonAddress(ListenAddress address, String source, Optional<Path> tokenFile) {

    private static final String FILE = "parallite.json";

    /**
     * The first of these that names a socket: the flag, {@code PARALLITE_SOCKET}, the given file,
     * else {@code parallite.json} in {@code directory} or the nearest directory above it, the
     * default. A daemon that is started here with the same arguments listens there.
     *
     * @throws ConfigException when the value is not an address, or the file cannot be read
     */
    public static DaemonAddress find(
            @Nullable String flag,
            @Nullable Path file,
            Map<String, String> environment,
            Path directory) {
        DaemonAddress found =
                find(flag, file, environment.get(Setting.SOCKET.variable()), directory);
        String tokenFile = environment.get(Setting.AUTH_TOKEN_FILE.variable());
        return tokenFile == null || tokenFile.isBlank()
                ? found
                : found.with(directory.resolve(tokenFile));
    }

    private static DaemonAddress find(
            @Nullable String flag, @Nullable Path file, @Nullable String variable, Path directory) {
        if (flag != null) {
            return of(flag, "--socket", directory);
        }
        if (variable != null && !variable.isBlank()) {
            return of(variable, Setting.SOCKET.variable(), directory);
        }
        if (file != null) {
            Path asked = directory.resolve(file);
            if (!Files.exists(asked)) {
                throw new ConfigException(
                        asked + " does not exist; give --config a file that does");
            }
            return socketIn(asked).orElseGet(DaemonAddress::byDefault);
        }
        for (Path at = directory; at != null; at = at.getParent()) {
            Path candidate = at.resolve(FILE);
            if (Files.isRegularFile(candidate)) {
                return socketIn(candidate).orElseGet(DaemonAddress::byDefault);
            }
        }
        return byDefault();
    }

    /**
     * The address in the file; other settings may be wrong, as long as the daemon's address is
     * valid.
     */
    private static Optional<DaemonAddress> socketIn(Path file) {
        List<String> problems = new ArrayList<>();
        Map<String, String> properties = ParalliteJson.read(file, problems::add);
        String socket = properties.get(Setting.SOCKET.property());
        if (socket == null && !problems.isEmpty()) {
            throw new ConfigException(problems.getFirst());
        }
        Path directory = file.toAbsolutePath().resolveSibling("");
        Optional<String> token =
                Optional.ofNullable(properties.get(Setting.AUTH_TOKEN_FILE.property()));
        return Optional.ofNullable(socket)
                .map(text -> of(text, file.toString(), directory))
                .map(address -> token.map(Path::of).map(address::with).orElse(address));
    }

    private static DaemonAddress byDefault() {
        return new DaemonAddress(ListenAddress.parse(""), "default", Optional.empty());
    }

    private static DaemonAddress of(String text, String source, Path directory) {
        try {
            ListenAddress address = ListenAddress.parse(text);
            if (address instanceof ListenAddress.Tls) {
                throw new IllegalArgumentException(
                        "commands work where the daemon runs, at its socket or a loopback host:port");
            }
            if (address instanceof ListenAddress.Unix(Path path) && !path.isAbsolute()) {
                address = new ListenAddress.Unix(directory.resolve(path).normalize());
            }
            return new DaemonAddress(address, source, Optional.empty());
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "%s=%s in %s is not valid: %s"
                            .formatted(Setting.SOCKET.key(), text, source, e.getMessage()));
        }
    }

    private DaemonAddress with(Path token) {
        return new DaemonAddress(address, source, Optional.of(token));
    }

    /**
     * The secret to show first; none for a domain socket.
     *
     * @throws ConfigException when its file cannot be read
     */
    public Optional<AuthTokens> token() {
        return address instanceof ListenAddress.Unix
                ? Optional.empty()
                : tokenFile.map(AuthTokens::read);
    }

    /** The address to connect to. */
    public SocketAddress toSocketAddress() {
        return switch (address) {
            case ListenAddress.Unix(Path path) -> UnixDomainSocketAddress.of(path);
            case ListenAddress.Tcp(String host, int port) -> new InetSocketAddress(host, port);
            case ListenAddress.Tls(String host, int port) ->
                    throw new IllegalStateException("commands do not speak TLS: " + address);
        };
    }

    /** The socket's file, where it is one. */
    public Optional<Path> path() {
        return address instanceof ListenAddress.Unix(Path path)
                ? Optional.of(path)
                : Optional.empty();
    }

    /** The address, and its source unless that is the flag that was just typed. */
    public String described() {
        return source.equals("--socket") ? text() : "%s (%s)".formatted(text(), source);
    }

    /** The address alone. */
    public String text() {
        return address.toString();
    }
}
