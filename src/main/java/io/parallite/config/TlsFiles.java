package io.parallite.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The PEM files of a TLS listener.
 *
 * @param certificate the server's, followed by those between it and its authority
 * @param key the private key of the first
 * @param clientAuthorities those that sign the certificates of clients; without, clients need none
 */
public record TlsFiles(Path certificate, Path key, Optional<Path> clientAuthorities) {

    /** All of them. */
    public List<Path> all() {
        return Stream.concat(Stream.of(certificate, key), clientAuthorities.stream()).toList();
    }
}
