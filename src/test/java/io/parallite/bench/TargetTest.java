package io.parallite.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {

    @Test
    void connectsToHostAndPort() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();

            try (SocketChannel channel = new Target("127.0.0.1:" + port).connect()) {
                assertThat(channel.isConnected()).isTrue();
                assertThat(channel.isBlocking()).isFalse();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "localhost:0", "localhost:70000"})
    void refusesEmptyAddressesAndImpossiblePorts(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Target(text));
    }

    @Test
    void takesWhateverHasASlashForAPath(@TempDir Path directory) {
        Target target = new Target(directory.resolve("none:9876").toString());

        assertThatIOException().isThrownBy(target::connect);
    }
}
