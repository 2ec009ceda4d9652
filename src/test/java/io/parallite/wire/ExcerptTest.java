package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ExcerptTest {

    @Test
    void showsTextAsText() {
        assertThat(Excerpt.show(utf8("\nWarning: Undefined\n variable é")))
                .isEqualTo("\"Warning: Undefined variable é\"");
    }

    @Test
    void showsTextBeforeAFrame() {
        byte[] frame = TestFrames.json("{'ok':true}");
        byte[] stray = utf8("Warning: foo\n");
        byte[] both = new byte[stray.length + frame.length];
        System.arraycopy(stray, 0, both, 0, stray.length);
        System.arraycopy(frame, 0, both, stray.length, frame.length);

        assertThat(Excerpt.show(both)).startsWith("\"Warning: foo");
    }

    @Test
    void showsBodyOfAFrameWithoutItsLength() {
        assertThat(Excerpt.show(TestFrames.json("{'ok':true}"))).isEqualTo("\"{\"ok\":true}\"");
    }

    @Test
    void showsOtherBytesInHex() {
        assertThat(Excerpt.show(new byte[] {0, 1, 2, (byte) 0xff})).isEqualTo("0x000102ff");
    }

    @Test
    void showsNoMoreThanTheBeginning() {
        assertThat(Excerpt.show(utf8("x".repeat(5000)))).hasSizeLessThan(70).endsWith("…\"");
        assertThat(Excerpt.show(new byte[5000])).hasSizeLessThan(70).endsWith("…");
        assertThat(Excerpt.show(new byte[0])).isEqualTo("\"\"");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void textOfOthersCannotForgeALineOfTheLog() {
        assertThat(Excerpt.oneLine("a\nb\u001b[2J\tc\r\n")).isEqualTo("a | b?[2J c");
    }
}
