package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.task.FailureKind;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EncodingTest {

    @ParameterizedTest
    @MethodSource("everyByte")
    void isToldByTheFirstByte(int first) {
        byte[] frame = TestFrames.frame((byte) first, (byte) 0);

        if ("{ \t\r\n".indexOf(first) >= 0) {
            assertThat(Encoding.of(frame)).isSameAs(Encoding.JSON);
        } else if ((first >= 0x80 && first <= 0x8f) || first == 0xde || first == 0xdf) {
            assertThat(Encoding.of(frame)).isSameAs(Encoding.MESSAGE_PACK);
        } else {
            assertThatExceptionOfType(RequestException.class)
                    .isThrownBy(() -> Encoding.of(frame))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.MALFORMED_FRAME))
                    .withMessageContaining("frame of 2 bytes")
                    .withMessageContaining("0x%02x".formatted(first));
        }
    }

    static IntStream everyByte() {
        return IntStream.range(0, 256);
    }

    @Test
    void emptyFrameIsInNeither() {
        assertThatExceptionOfType(RequestException.class)
                .isThrownBy(() -> Encoding.of(TestFrames.frame()))
                .withMessageContaining("0 bytes");
    }

    @Test
    void writesJsonTextForOtherUses() {
        assertThat(Encoding.jsonText(List.of("/a b/ü.php", "\"")))
                .isEqualTo("[\"/a b/ü.php\",\"\\\"\"]");
    }
}
