package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which settings of addresses, certificates and tokens go together. */
class ListenSettingsTest {

    private static final String TOKEN = "0123456789abcdef";

    @TempDir private Path base;
    private final Map<Setting, List<String>> values = new EnumMap<>(Setting.class);

    @BeforeEach
    void writeFiles() throws IOException {
        Files.writeString(base.resolve("token"), TOKEN + "\n");
        Files.writeString(base.resolve("cert.pem"), "");
        Files.writeString(base.resolve("key.pem"), "");
    }

    private ListenSettingsTest given(Setting setting, String... texts) {
        values.put(setting, List.of(texts));
        return this;
    }

    private String file(String name) {
        return base.resolve(name).toString();
    }

    private ListenSettings read() {
        return ListenSettings.of(setting -> values.getOrDefault(setting, List.of()));
    }

    private ListenSettingsTest givenTls() {
        return given(Setting.LISTEN, "tls://0.0.0.0:9876")
                .given(Setting.TLS_CERTIFICATE_FILE, file("cert.pem"))
                .given(Setting.TLS_KEY_FILE, file("key.pem"));
    }

    private void assertRefused(String... parts) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(this::read)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }

    @Test
    void listensAtTheDefaultForItsOwner() {
        ListenSettings settings = read();

        assertThat(settings.addresses()).containsExactly(ListenAddress.parse(""));
        assertThat(settings.sockets()).isEqualTo(SocketAccess.OWNER);
        assertThat(settings.sockets().permissions()).isEqualTo(0600);
        assertThat(settings.tokenFile()).isEmpty();
        assertThat(settings.tls()).isEmpty();
    }

    @Test
    void takesSeveralAddressesTheSocketFirst() {
        ListenSettings settings =
                given(Setting.SOCKET, "/run/a.sock")
                        .given(Setting.LISTEN, "unix:/run/b.sock", "[::1]:9876", "tls://web:9877")
                        .given(Setting.TLS_CERTIFICATE_FILE, file("cert.pem"))
                        .given(Setting.TLS_KEY_FILE, file("key.pem"))
                        .given(Setting.AUTH_TOKEN_FILE, file("token"))
                        .read();

        assertThat(settings.addresses())
                .extracting(Object::toString)
                .containsExactly("/run/a.sock", "/run/b.sock", "::1:9876", "tls://web:9877");
        assertThat(settings.main()).hasToString("/run/a.sock");
        assertThat(settings.tokenFile()).contains(base.resolve("token"));
        assertThat(settings.tls().orElseThrow().all())
                .containsExactly(base.resolve("cert.pem"), base.resolve("key.pem"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "0.0.0.0:9876",
                "tcp://192.0.2.1:9876",
                "tls://web",
                "tls://web:99999"
            })
    void refusesWhatIsNoAddressToListenAt(String text) {
        given(Setting.LISTEN, text).assertRefused("listen: \"" + text + "\"", "tls://host:port");
    }

    @Test
    void refusesAnAddressTwice() {
        given(Setting.SOCKET, "/run/a.sock")
                .given(Setting.LISTEN, "unix:///run/a.sock")
                .assertRefused("listen names an address twice");
    }

    @Test
    void refusesTlsWithoutACertificateOrWithHalfOfOne() {
        given(Setting.LISTEN, "tls://0.0.0.0:9876").given(Setting.AUTH_TOKEN_FILE, file("token"));
        assertRefused("needs tls_certificate_file and tls_key_file");

        given(Setting.TLS_CERTIFICATE_FILE, file("cert.pem")).assertRefused("belong together");
    }

    @Test
    void refusesTlsForEverybody() {
        givenTls().assertRefused("auth_token_file, tls_client_ca_file, or both");
    }

    @Test
    void refusesFilesThatAreNotThere() {
        givenTls()
                .given(Setting.TLS_CLIENT_CA_FILE, file("ca.pem"))
                .assertRefused("ca.pem", "be read");
        given(Setting.AUTH_TOKEN_FILE, file("nothing")).assertRefused("nothing", "NoSuchFile");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "short",
                "0123456789 abcdef",
                "0123456789äöüßabcdef",
                "two\ntwo0123456789abcdef"
            })
    void refusesATokenThatCannotBeOne(String text) throws IOException {
        Files.writeString(base.resolve("token"), text);

        given(Setting.AUTH_TOKEN_FILE, file("token"))
                .assertRefused("16 to 256 ASCII", "openssl rand");
    }

    @Test
    void comparesTokensAndTellsNone() {
        AuthTokens tokens = AuthTokens.read(base.resolve("token"));

        assertThat(tokens.nameOf(TOKEN)).contains("shared");
        assertThat(tokens.nameOf(TOKEN + "x")).isEmpty();
        assertThat(tokens.nameOf("")).isEmpty();
        assertThat(tokens).hasToString("***");
    }

    @Test
    void knowsClientsByTheirTokens() throws IOException {
        Files.writeString(base.resolve("token"), "web  " + TOKEN + "\n\nbatch\t" + TOKEN + "2\n");

        AuthTokens tokens = AuthTokens.read(base.resolve("token"));

        assertThat(tokens.nameOf(TOKEN)).contains("web");
        assertThat(tokens.nameOf(TOKEN + "2")).contains("batch");
        assertThat(tokens.nameOf("web  " + TOKEN)).isEmpty();
        assertThat(tokens.secret()).isEqualTo(TOKEN);
    }

    @Test
    void takesATokenWithAColonAsOne() throws IOException {
        Files.writeString(base.resolve("token"), "web:" + TOKEN + "\n");

        assertThat(AuthTokens.read(base.resolve("token")).nameOf("web:" + TOKEN)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "web %s\nweb %s2",
                "web %s\nbatch %s",
                "web %s\n%s",
                "we/b %s\nbatch %s2",
                "web short"
            })
    void refusesNamedTokensThatDoNotTellClientsApart(String form) throws IOException {
        Files.writeString(base.resolve("token"), form.replace("%s", TOKEN));

        given(Setting.AUTH_TOKEN_FILE, file("token")).assertRefused("none of them twice");
    }
}
