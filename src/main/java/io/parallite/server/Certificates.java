package io.parallite.server;

import io.parallite.config.TlsFiles;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TrustOptions;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * The certificates of a TLS listener, and that they may change while it listens: each handshake
 * takes those that were {@link #read} last.
 *
 * <p>Not by {@code NetServer.updateSSLOptions}, which fails all that connect during the update.
 */
final class Certificates {

    private static final List<String> KEY_TYPES = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");
    private static final byte[] MESSAGE = {1, 2, 3};

    private final Vertx vertx;
    private final TlsFiles files;
    private final CurrentKeys keys = new CurrentKeys();
    private final CurrentAuthorities authorities = new CurrentAuthorities();
    private volatile List<String> warnings = List.of();

    Certificates(Vertx vertx, TlsFiles files) {
        this.vertx = vertx;
        this.files = files;
    }

    /** Has a server speak TLS with them. */
    NetServerOptions addTo(NetServerOptions options) {
        options.setSsl(true).setKeyCertOptions(KeyCertOptions.wrap(keys));
        if (files.clientAuthorities().isPresent()) {
            options.setClientAuth(ClientAuth.REQUIRED)
                    .setTrustOptions(TrustOptions.wrap(authorities));
        }
        return options;
    }

    /**
     * Reads the files, and uses their content if all of it is valid. Blocks.
     *
     * @throws ListenException with a sentence that says what is wrong with them
     */
    void read() {
        X509ExtendedKeyManager read = readKeys();
        if (files.clientAuthorities().isPresent()) {
            authorities.use(readAuthorities(files.clientAuthorities().get()));
        }
        keys.use(read);
    }

    private X509ExtendedKeyManager readKeys() {
        try {
            X509ExtendedKeyManager pairs =
                    (X509ExtendedKeyManager)
                            new PemKeyCertOptions()
                                    .setCertPath(files.certificate().toString())
                                    .setKeyPath(files.key().toString())
                                    .getKeyManagerFactory(vertx)
                                    .getKeyManagers()[0];
            String alias =
                    KEY_TYPES.stream()
                            .map(type -> pairs.getServerAliases(type, null))
                            .flatMap(found -> found == null ? Stream.of() : Stream.of(found))
                            .findFirst()
                            .orElseThrow(
                                    () -> new GeneralSecurityException("no key of a known type"));
            PublicKey inCertificate = pairs.getCertificateChain(alias)[0].getPublicKey();
            if (!belong(pairs.getPrivateKey(alias), inCertificate)) {
                throw new ListenException(
                        "the key in tls_key_file %s is not that of the certificate in tls_certificate_file %s"
                                .formatted(files.key(), files.certificate()));
            }
            warnings =
                    Stream.of(pairs.getCertificateChain(alias))
                            .flatMap(each -> outdated(each).stream())
                            .toList();
            return pairs;
        } catch (ListenException e) {
            throw e;
        } catch (Exception e) {
            throw new ListenException(
                    "tls_certificate_file %s or tls_key_file %s is not usable: %s"
                            .formatted(files.certificate(), files.key(), e.getMessage()));
        }
    }

    /** The reasons why clients would reject the current certificates; a sentence each. */
    List<String> warnings() {
        return warnings;
    }

    private Optional<String> outdated(X509Certificate certificate) {
        try {
            certificate.checkValidity();
            return Optional.empty();
        } catch (CertificateExpiredException | CertificateNotYetValidException e) {
            return Optional.of(
                    "%s in tls_certificate_file %s is valid from %s to %s only, and clients refuse it; put one in that is valid now"
                            .formatted(
                                    certificate.getSubjectX500Principal(),
                                    files.certificate(),
                                    certificate.getNotBefore().toInstant(),
                                    certificate.getNotAfter().toInstant()));
        }
    }

    private X509ExtendedTrustManager readAuthorities(Path file) {
        try {
            return (X509ExtendedTrustManager)
                    new PemTrustOptions()
                            .addCertPath(file.toString())
                            .getTrustManagerFactory(vertx)
                            .getTrustManagers()[0];
        } catch (Exception e) {
            throw new ListenException(
                    "tls_client_ca_file %s is not usable: %s".formatted(file, e.getMessage()));
        }
    }

    /** Not while only one of the two files has been replaced: Vert.x takes both as they are. */
    private static boolean belong(PrivateKey secret, PublicKey open)
            throws GeneralSecurityException {
        Signature signature =
                Signature.getInstance(
                        switch (open.getAlgorithm()) {
                            case "EC" -> "SHA256withECDSA";
                            case "EdDSA" -> "EdDSA";
                            default -> "SHA256withRSA";
                        });
        try {
            signature.initSign(secret);
            signature.update(MESSAGE);
            byte[] signed = signature.sign();
            signature.initVerify(open);
            signature.update(MESSAGE);
            return signature.verify(signed);
        } catch (InvalidKeyException e) {
            return false; // of another algorithm
        }
    }
}
