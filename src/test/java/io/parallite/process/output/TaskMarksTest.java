package io.parallite.process.output;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskMarksTest {

    private static final String SECRET = "0123456789abcdef";

    private final StringBuilder heard = new StringBuilder();
    private final TaskMarks marks =
            new TaskMarks(
                    SECRET,
                    new TaskMarks.Sink() {
                        @Override
                        public void onText(byte[] bytes, int from, int to) {
                            heard.append(new String(bytes, from, to - from, ISO_8859_1));
                        }

                        @Override
                        public void onTask(String id) {
                            heard.append('<').append(id).append('>');
                        }
                    });

    static byte[] mark(String secret, String id) {
        byte[] name = id.getBytes(UTF_8);
        return concat(
                bytes("\0" + secret),
                new byte[] {(byte) (name.length >> 8), (byte) name.length},
                name);
    }

    private static byte[] mark(String id) {
        return mark(SECRET, id);
    }

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    static byte[] concat(byte[]... parts) {
        return bytes(
                Arrays.stream(parts)
                        .map(part -> new String(part, ISO_8859_1))
                        .collect(Collectors.joining()));
    }

    private boolean feed(byte[]... parts) {
        byte[] all = concat(parts);
        return marks.feed(all, all.length);
    }

    @Test
    void tellsWhoseTextIsWhose() {
        boolean isText =
                feed(bytes("boot\n"), mark("a"), bytes("of a\n"), mark("b"), bytes("of b"));

        assertThat(heard).hasToString("boot\n<a>of a\n<b>of b");
        assertThat(isText).isTrue();
    }

    @Test
    void tellsTheLastOfMarksWithNothingBetweenThem() {
        assertThat(feed(mark("a"), mark("b"), mark("größer"))).isFalse();
        assertThat(heard).hasToString("<größer>");
    }

    @Test
    void findsMarksWhereverTheyAreCut() {
        byte[] all =
                concat(bytes("x\0y"), mark("a"), bytes("\0"), mark("b\0" + SECRET), bytes("z\0\0"));
        for (int cut = 0; cut <= all.length; cut++) {
            heard.setLength(0);
            byte[] rest = Arrays.copyOfRange(all, cut, all.length);
            marks.feed(all, cut);
            marks.feed(rest, rest.length);
            marks.end();
            assertThat(heard).hasToString("x\0y<a>\0<b\0" + SECRET + ">z\0\0");
        }
        heard.setLength(0);
        for (byte one : all) {
            marks.feed(new byte[] {one}, 1);
        }
        marks.end();
        assertThat(heard).hasToString("x\0y<a>\0<b\0" + SECRET + ">z\0\0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0", "\0" + "0123456789abcdeX", "\0" + "fedcba9876543210\0\1a", "a\0"})
    void leavesWhatIsNoMark(String text) {
        feed(bytes(text), bytes("\n"));
        marks.end();

        assertThat(heard).hasToString(text + "\n");
    }

    @Test
    void leavesALengthThatNoIdHas() {
        feed(bytes("\0" + SECRET + "\u00ff\u00ff"), bytes("text\n"));

        assertThat(heard).hasToString("\0" + SECRET + "\u00ff\u00fftext\n");
    }

    @Test
    void keepsTheSecretWhenTheEndComesWithinAMark() {
        byte[] mark = mark("a");
        marks.feed(mark, mark.length - 1);
        marks.end();

        assertThat(heard).isEmpty();
    }
}
