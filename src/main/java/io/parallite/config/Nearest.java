package io.parallite.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the word that was probably meant, by the Levenshtein distance. */
final class Nearest {

    private static final int SHORTEST_CUT = 4;

    private Nearest() {}

    static Optional<String> to(String unknown, Collection<String> known) {
        return to(unknown, known, Math.max(2, unknown.length() / 3));
    }

    static Optional<String> to(String unknown, Collection<String> known, int tolerance) {
        return known.stream()
                .filter(word -> isNear(unknown, word, tolerance))
                .min(Comparator.comparingInt(word -> distance(unknown, word)));
    }

    /** A few slips apart, or one the beginning of the other. */
    private static boolean isNear(String unknown, String word, int tolerance) {
        boolean isCut =
                unknown.length() >= SHORTEST_CUT
                        && (word.startsWith(unknown) || unknown.startsWith(word));
        return isCut || distance(unknown, word) <= tolerance;
    }

    static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
