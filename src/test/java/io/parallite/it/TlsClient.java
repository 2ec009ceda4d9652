package io.parallite.it;

import io.parallite.wire.Encoding;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A connection to a daemon over TLS, in JSON. */
final class TlsClient implements AutoCloseable {

    private static final char[] NO_PASSWORD = {};

    private final SSLSocket socket;

    private TlsClient(SSLSocket socket) {
        this.socket = socket;
    }

    /**
     * Connects to localhost.
     *
     * @param certificates where {@code certificates.php} has put them
     * @param own the name of the one to show, {@code null} for none
     */
    static TlsClient connect(int port, Path certificates, @Nullable String own)
            throws IOException, GeneralSecurityException {
        KeyStore trusted = emptyStore();
        trusted.setCertificateEntry("ca", read(certificates.resolve("ca.pem")));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(ownStore(certificates, own), NO_PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
        socket.setSoTimeout((int) TestClient.PATIENCE.toMillis());
        socket.startHandshake();
        return new TlsClient(socket);
    }

    private static KeyStore ownStore(Path certificates, @Nullable String own)
            throws IOException, GeneralSecurityException {
        KeyStore store = emptyStore();
        if (own != null) {
            Certificate[] chain = {read(certificates.resolve(own + ".pem"))};
            store.setKeyEntry(own, key(certificates.resolve(own + ".key")), NO_PASSWORD, chain);
        }
        return store;
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        return store;
    }

    private static X509Certificate read(Path file) throws IOException, GeneralSecurityException {
        try (var in = Files.newInputStream(file)) {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
        String text = Files.readString(file).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("RSA")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
    }

    /** What the daemon calls itself in its certificate. */
    String server() throws IOException {
        return socket.getSession().getPeerPrincipal().getName();
    }

    TlsClient send(Map<String, ?> request) throws IOException {
        socket.getOutputStream().write(Encoding.JSON.encode(request));
        return this;
    }

    Map<String, Object> receive() throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        int length = in.readInt();
        byte[] frame = new byte[4 + length];
        in.readFully(frame, 4, length);
        return Encoding.JSON.decodeAll(frame);
    }

    Map<String, Object> call(Map<String, ?> request) throws IOException {
        return send(request).receive();
    }

    /** Whether the daemon has closed the connection; waits for that. */
    boolean isAtEnd() throws IOException {
        return socket.getInputStream().read() < 0;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
