package io.parallite.wire;

import java.nio.charset.StandardCharsets;

/** The text of a JSON string that has been checked by a parser already, without making it one. */
final class JsonStrings {

    private static final int UNICODE_ESCAPE = 6;

    private JsonStrings() {}

    /**
     * Adds the UTF-8 bytes of the text between {@code from} and {@code to} to {@code fingerprint}.
     */
    static void addUnescaped(Fingerprint fingerprint, byte[] json, int from, int to) {
        int run = from;
        int at = from;
        while (at < to) {
            if (json[at] != '\\') {
                at++;
                continue;
            }
            fingerprint.add(json, run, at);
            at += addEscape(fingerprint, json, at, to);
            run = at;
        }
        fingerprint.add(json, run, to);
    }

    /** Adds what the escape at {@code at} stands for; answers how many bytes it takes. */
    private static int addEscape(Fingerprint fingerprint, byte[] json, int at, int to) {
        if (json[at + 1] != 'u') {
            fingerprint.add(new byte[] {unescaped(json[at + 1])}, 0, 1);
            return 2;
        }
        char[] units = {unit(json, at), 0};
        int low = at + UNICODE_ESCAPE;
        boolean isPair =
                Character.isHighSurrogate(units[0])
                        && low + UNICODE_ESCAPE <= to
                        && json[low] == '\\'
                        && json[low + 1] == 'u'
                        && Character.isLowSurrogate(unit(json, low));
        if (isPair) {
            units[1] = unit(json, low);
        }
        byte[] text = new String(units, 0, isPair ? 2 : 1).getBytes(StandardCharsets.UTF_8);
        fingerprint.add(text, 0, text.length);
        return isPair ? 2 * UNICODE_ESCAPE : UNICODE_ESCAPE;
    }

    private static char unit(byte[] json, int escape) {
        int value = 0;
        for (int i = escape + 2; i < escape + UNICODE_ESCAPE; i++) {
            value = value << 4 | Character.digit(json[i], 16);
        }
        return (char) value;
    }

    private static byte unescaped(byte letter) {
        return switch (letter) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> letter;
        };
    }

    /** {@code text} with half surrogate pairs replaced: they have no form in UTF-8. */
    static String wellFormed(String text) {
        return isWellFormed(text)
                ? text
                : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /** Whether {@code text} has no half surrogate pairs. */
    static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (!Character.isHighSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}
