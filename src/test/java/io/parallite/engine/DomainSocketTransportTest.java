package io.parallite.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.impl.VertxBuilder;
import io.vertx.core.impl.transports.JDKTransport;
import org.junit.jupiter.api.Test;

final class DomainSocketTransportTest {

    @Test
    void givesWayToANativeTransportThatServesDomainSockets() {
        assertThat(DomainSocketTransport.serves(VertxBuilder.nativeTransport()))
                .isEqualTo(!new DomainSocketTransport().isAvailable());
    }

    @Test
    void takesThePlaceOfTheOneThatANativeExecutableHas() {
        assertThat(JDKTransport.INSTANCE.isAvailable()).isTrue();
        assertThat(DomainSocketTransport.serves(JDKTransport.INSTANCE)).isFalse();
        assertThat(DomainSocketTransport.serves(null)).isFalse();
    }
}
