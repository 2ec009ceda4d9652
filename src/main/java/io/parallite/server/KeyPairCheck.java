package io.parallite.server;

import io.parallite.config.TlsFiles;
import io.vertx.core.Vertx;
import io.vertx.core.net.PemKeyCertOptions;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.X509KeyManager;

/**
 * Looks whether a private key belongs to its certificate, as it does not while only one of the two
 * files has been replaced: Vert.x takes both as they are. Blocks.
 */
final class KeyPairCheck {

    private static final List<String> KEY_TYPES = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");
    private static final byte[] MESSAGE = {1, 2, 3};

    private KeyPairCheck() {}

    /**
     * Reads both files.
     *
     * @throws ListenException with a sentence that says what is wrong with them
     */
    static void check(Vertx vertx, TlsFiles files) {
        try {
            X509KeyManager pairs =
                    (X509KeyManager) options(files).getKeyManagerFactory(vertx).getKeyManagers()[0];
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
        } catch (ListenException e) {
            throw e;
        } catch (Exception e) {
            throw new ListenException(
                    "tls_certificate_file %s or tls_key_file %s is not usable: %s"
                            .formatted(files.certificate(), files.key(), e.getMessage()));
        }
    }

    static PemKeyCertOptions options(TlsFiles files) {
        return new PemKeyCertOptions()
                .setCertPath(files.certificate().toString())
                .setKeyPath(files.key().toString());
    }

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
