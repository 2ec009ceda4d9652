package io.parallite.process.output;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Cuts bytes that come in pieces into lines of UTF-8, without the white space around them; empty
 * ones are left out. A line is cut after {@value #MAX_LINE} characters. For one thread at a time.
 */
final class TextLines {

    private static final int MAX_LINE = 4096;

    private final Consumer<String> onLine;
    private final StringBuilder line = new StringBuilder();
    private final CharsetDecoder decoder =
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .onUnmappableCharacter(CodingErrorAction.REPLACE);

    /** The beginning of a character whose end has not come. */
    private ByteBuffer split = ByteBuffer.allocate(0);

    TextLines(Consumer<String> onLine) {
        this.onLine = onLine;
    }

    /** Takes the next bytes. */
    void add(byte[] bytes, int from, int to) {
        decode(ByteBuffer.wrap(bytes, from, to - from), false);
    }

    /** Ends the line that has begun, if any. */
    void endLine() {
        if (split.hasRemaining()) {
            decode(ByteBuffer.allocate(0), true);
            decoder.reset();
        }
        if (!line.isEmpty()) {
            pass();
        }
    }

    private void decode(ByteBuffer bytes, boolean isEnd) {
        ByteBuffer in =
                ByteBuffer.allocate(split.remaining() + bytes.remaining()).put(split).put(bytes);
        CharBuffer out = CharBuffer.allocate(in.flip().remaining() + 1);
        decoder.decode(in, out, isEnd);
        split = in;
        out.flip().chars().forEach(c -> add((char) c));
    }

    private void add(char c) {
        if (c != '\n') {
            line.append(c);
        }
        if (c == '\n' || line.length() == MAX_LINE) {
            pass();
        }
    }

    private void pass() {
        String text = line.toString().strip();
        line.setLength(0);
        if (!text.isEmpty()) {
            onLine.accept(text);
        }
    }
}
