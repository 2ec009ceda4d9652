package io.parallite.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where clients connect, and which credentials they need.
 *
 * @param addresses the one of {@link Setting#SOCKET} first, then those of {@link Setting#LISTEN}
 * @param sockets who may connect to domain sockets
 * @param tokenFile the file with the token that clients on TCP must send
 * @param tls the certificates of {@code tls://} addresses
 */
public record ListenSettings(
        List<ListenAddress> addresses,
        SocketAccess sockets,
        Optional<Path> tokenFile,
        Optional<TlsFiles> tls) {

    public ListenSettings {
        addresses = List.copyOf(addresses);
    }

    /**
     * Reads them.
     *
     * @param values the values of a setting, none where it is not set
     * @throws ConfigException when they do not go together
     */
    static ListenSettings of(Function<Setting, List<String>> values) {
        Function<Setting, Optional<String>> value =
                setting -> values.apply(setting).stream().findFirst().filter(v -> !v.isEmpty());
        Function<Setting, Optional<Path>> path = setting -> value.apply(setting).map(Path::of);
        List<ListenAddress> addresses = new ArrayList<>();
        addresses.add(ListenAddress.parse(value.apply(Setting.SOCKET).orElse("")));
        values.apply(Setting.LISTEN).forEach(text -> addresses.add(address(text)));
        ListenSettings settings =
                new ListenSettings(
                        addresses,
                        new SocketAccess(
                                value.apply(Setting.SOCKET_MODE).orElse(SocketAccess.OWNER.mode()),
                                value.apply(Setting.SOCKET_GROUP),
                                values.apply(Setting.ALLOW_USERS)),
                        path.apply(Setting.AUTH_TOKEN_FILE),
                        tls(path));
        settings.check();
        return settings;
    }

    private static ListenAddress address(String text) {
        try {
            if (text.isBlank()) {
                throw new IllegalArgumentException("it is empty");
            }
            return ListenAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "listen: \"%s\" is no address: %s; write unix:/path, tls://host:port, or a loopback host:port"
                            .formatted(text, e.getMessage()));
        }
    }

    private static Optional<TlsFiles> tls(Function<Setting, Optional<Path>> path) {
        Optional<Path> certificate = path.apply(Setting.TLS_CERTIFICATE_FILE);
        Optional<Path> key = path.apply(Setting.TLS_KEY_FILE);
        if (certificate.isPresent() != key.isPresent()) {
            throw new ConfigException(
                    "tls_certificate_file and tls_key_file belong together: set both");
        }
        return certificate.map(
                file ->
                        new TlsFiles(
                                file, key.orElseThrow(), path.apply(Setting.TLS_CLIENT_CA_FILE)));
    }

    private void check() {
        if (new HashSet<>(addresses).size() < addresses.size()) {
            throw new ConfigException("listen names an address twice, or that of socket again");
        }
        tokenFile.ifPresent(AuthTokens::read);
        if (addresses.stream().noneMatch(ListenAddress.Tls.class::isInstance)) {
            return;
        }
        TlsFiles files =
                tls.orElseThrow(
                        () ->
                                new ConfigException(
                                        "listen has a tls:// address, which needs tls_certificate_file and tls_key_file"));
        for (Path file : files.all()) {
            if (!Files.isReadable(file)) {
                throw new ConfigException(
                        "%s, which tls:// needs, cannot be read; make it, and readable for the daemon's user"
                                .formatted(file));
            }
        }
        if (tokenFile.isEmpty() && files.clientAuthorities().isEmpty()) {
            throw new ConfigException(
                    "listen has a tls:// address that everybody could use to run any code; set auth_token_file, tls_client_ca_file, or both");
        }
    }

    /** The address for programs on this machine, which commands use. */
    public ListenAddress main() {
        return addresses.getFirst();
    }
}
