package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.parallite.config.ListenAddress.Tcp;
import io.parallite.config.ListenAddress.Unix;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListenAddressTest {

    @ParameterizedTest
    @CsvSource({
        "/tmp/p.sock, /tmp/p.sock",
        "unix:///run/user/1000/p.sock, /run/user/1000/p.sock",
        "relative/p.sock, relative/p.sock",
        "'  /tmp/p.sock ', /tmp/p.sock",
        "/tmp/my socket:1.sock, /tmp/my socket:1.sock",
    })
    void readsPaths(String text, String path) {
        assertThat(ListenAddress.parse(text)).isEqualTo(new Unix(Path.of(path)));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:9876, 127.0.0.1, 9876",
        "tcp://127.0.0.1:9876, 127.0.0.1, 9876",
        "127.8.8.8:1, 127.8.8.8, 1",
        "localhost:65535, localhost, 65535",
        "127.0.0.1:0, 127.0.0.1, 0",
        "'[::1]:9876', ::1, 9876",
        "'tcp://[0:0:0:0:0:0:0:1]:80', 0:0:0:0:0:0:0:1, 80",
    })
    void readsLoopbackPorts(String text, String host, int port) {
        assertThat(ListenAddress.parse(text)).isEqualTo(new Tcp(host, port));
    }

    @Test
    void emptyTextIsTheDefaultOfThePlatform() {
        assertThat(ListenAddress.parse(" "))
                .isEqualTo(ListenAddress.parse(ListenAddress.byDefault()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0:80",
                "192.0.2.1:9876",
                "tcp://10.0.0.1:1",
                "[::]:80",
                "[2001:db8::1]:80",
                "128.0.0.1:5",
            })
    void refusesWhatOthersCouldReach(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ListenAddress.parse(text))
                .withMessageContaining("is not loopback")
                .withMessageContaining("may run any code");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:65536", "127.0.0.1:999999999999", "[::1]:70000"})
    void refusesPortsThatAreNone(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ListenAddress.parse(text))
                .withMessageContaining("is not within 0..65535");
    }

    @Test
    void refusesHostsThatAreNone() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ListenAddress.parse("[1:2:3]:80"))
                .withMessageContaining("unknown");
    }

    @Test
    void refusesPathsTooLongForASocket() {
        String longest = "/" + "x".repeat(ListenAddress.MAX_PATH_BYTES - 1);

        assertThat(ListenAddress.parse(longest)).isEqualTo(new Unix(Path.of(longest)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ListenAddress.parse(longest + "x"))
                .withMessageContaining("exceeds");
        assertThatIllegalArgumentException()
                .as("bytes count, not characters")
                .isThrownBy(() -> ListenAddress.parse("/" + "ü".repeat(60)))
                .withMessageContaining("121 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"unix://", "tcp://", "tcp://127.0.0.1", "tcp://localhost:http"})
    void refusesAddressesThatLackTheirEnd(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ListenAddress.parse(text));
    }

    @Test
    void refusesPathsThatTheSystemCannotName() {
        assertThatIllegalArgumentException().isThrownBy(() -> ListenAddress.parse("/tmp/a\0b"));
    }

    @Test
    void isToldAsItIsConnectedTo() {
        assertThat(ListenAddress.parse("unix:///tmp/p.sock")).hasToString("/tmp/p.sock");
        assertThat(ListenAddress.parse("tcp://127.0.0.1:80")).hasToString("127.0.0.1:80");
    }

    @Test
    void readsTlsOnAnyInterface() {
        assertThat(ListenAddress.parse("tls://0.0.0.0:9876"))
                .isEqualTo(new ListenAddress.Tls("0.0.0.0", 9876))
                .hasToString("tls://0.0.0.0:9876");
        assertThat(ListenAddress.parse("tls://[::]:9876"))
                .isEqualTo(new ListenAddress.Tls("::", 9876))
                .hasToString("tls://[::]:9876");
        assertThat(ListenAddress.parse("tls://build.example:1"))
                .hasToString("tls://build.example:1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ListenAddress.parse("tls://build.example"))
                .withMessageContaining("lacks a port: write tls://");
    }

    @Test
    void readsAUnixAddressWithOneSlash() {
        assertThat(ListenAddress.parse("unix:/run/p.sock"))
                .isEqualTo(new Unix(Path.of("/run/p.sock")));
    }
}
