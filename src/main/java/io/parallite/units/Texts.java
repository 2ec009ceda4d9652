package io.parallite.units;

/**
 * Texts that somebody else chose (ids, messages, output), made fit for a line of a log, a terminal
 * or a message.
 *
 * <p>What is not printable here can end a line, steer a terminal or change what a reader sees:
 * control characters (C0, DEL, C1), the line and paragraph separators U+2028 and U+2029, format
 * characters but for those of words (the controls of the bidirectional algorithm, what has no
 * width, tags), and halves of surrogate pairs.
 */
public final class Texts {

    /** Characters of an id that a line of the log shows. */
    private static final int WORD = 60;

    private Texts() {}

    /**
     * {@code text}, or its beginning and an ellipsis, {@code max} characters together. No surrogate
     * pair is cut in two.
     *
     * @param max at least 2
     */
    public static String shorten(String text, int max) {
        if (text.length() <= max) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(max - 2)) ? max - 2 : max - 1;
        return text.substring(0, end) + "…";
    }

    /**
     * On one line: what is not printable is written as in JSON, <code>\n</code> or <code>\u202e
     * </code>.
     */
    public static String escape(String text) {
        int first = firstUnprintable(text);
        if (first == text.length()) {
            return text;
        }
        StringBuilder line = new StringBuilder(text.length() + 16).append(text, 0, first);
        text.codePoints().skip(text.codePointCount(0, first)).forEach(c -> append(line, c));
        return line.toString();
    }

    /** With a question mark in place of each character that is not printable. */
    public static String printable(String text) {
        return text.codePoints()
                .map(c -> isPrintable(c) ? c : '?')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** As the value of a key in a line of the log: short, and without white space. */
    public static String word(String id) {
        return shorten(id, WORD)
                .codePoints()
                .map(c -> isPrintable(c) && !isSpace(c) ? c : '_')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static int firstUnprintable(String text) {
        int at = 0;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            if (!isPrintable(c)) {
                return at;
            }
            at += Character.charCount(c);
        }
        return at;
    }

    private static void append(StringBuilder line, int c) {
        switch (c) {
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            default -> {
                if (isPrintable(c)) {
                    line.appendCodePoint(c);
                } else {
                    line.append("\\u%04x".formatted(c));
                }
            }
        }
    }

    private static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                    false;
            case Character.FORMAT -> isVisibleFormat(c);
            default -> true;
        };
    }

    /** Joiners, which belong to words and emojis, and the signs of number of Arabic and others. */
    private static boolean isVisibleFormat(int c) {
        return c == 0x200c
                || c == 0x200d
                || (c >= 0x0600 && c <= 0x0605)
                || c == 0x06dd
                || c == 0x070f
                || c == 0x0890
                || c == 0x0891
                || c == 0x08e2
                || c == 0x110bd
                || c == 0x110cd;
    }
}
