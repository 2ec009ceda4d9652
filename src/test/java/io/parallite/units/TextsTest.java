package io.parallite.units;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextsTest {

    @Test
    void shortensWithoutCuttingAPairInTwo() {
        assertThat(Texts.shorten("short", 5)).isEqualTo("short");
        assertThat(Texts.shorten("longer", 5)).isEqualTo("long…");
        assertThat(Texts.shorten("lon😀er", 5)).isEqualTo("lon…");
        assertThat(Texts.shorten("lo😀ger", 5)).isEqualTo("lo😀…");
    }

    @Test
    void leavesWhatIsPrintable() {
        String text = "Grüße, 世界 👩‍💻 \\ \"App\\Job\" می\u200cخواهم \u0600۱۲";

        assertThat(Texts.escape(text)).isSameAs(text);
        assertThat(Texts.printable(text)).isEqualTo(text);
    }

    @Test
    void writesLineBreaksAndControlsAsInJson() {
        assertThat(Texts.escape("a\nb\r\tc\u001b[2J")).isEqualTo("a\\nb\\r\\tc\\u001b[2J");
        assertThat(Texts.escape("\u2028 \u202e \u0085 \u007f"))
                .isEqualTo("\\u2028 \\u202e \\u0085 \\u007f");
        assertThat(Texts.escape("😀\ud83d")).isEqualTo("😀\\ud83d");
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0, '\n', '\r', '\t', 0x0b, 0x0c, 0x1b, 0x7f, 0x85, 0x9b, 0x61c, 0x200e, 0x200f,
                0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069, 0xd800, 0xdfff, 0xad, 0x180e,
                0x200b, 0x2060, 0x206f, 0xfeff, 0xfff9
            })
    void nothingThatSteersALogOrATerminalIsLeft(int codePoint) {
        String text = "a" + Character.toString(codePoint) + "b";

        assertThat(Texts.escape(text)).matches("a\\\\(u[0-9a-f]{4}|[nrt])b");
        assertThat(Texts.printable(text)).isEqualTo("a?b");
        assertThat(Texts.word(text)).isEqualTo("a_b");
    }

    @Test
    void makesAnIdOneShortWord() {
        assertThat(Texts.word("a worker=evil\u00a0\u3000b")).isEqualTo("a_worker=evil__b");
        assertThat(Texts.word("x".repeat(300))).isEqualTo("x".repeat(59) + "…");
    }
}
