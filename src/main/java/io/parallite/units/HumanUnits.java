package io.parallite.units;

import java.time.Duration;
import java.util.Locale;

/** Figures for people: three significant digits and a unit, in ASCII for every terminal. */
public final class HumanUnits {

    private HumanUnits() {}

    /** A time, for example {@code 850 ns}, {@code 61.2 us}, {@code 3.21 ms}, {@code 12.5 s}. */
    public static String time(double nanos) {
        if (nanos < 999.5) {
            return digits(nanos, true) + " ns";
        }
        if (nanos < 999.5e3) {
            return digits(nanos / 1e3, false) + " us";
        }
        if (nanos < 999.5e6) {
            return digits(nanos / 1e6, false) + " ms";
        }
        return digits(nanos / 1e9, false) + " s";
    }

    /** A size in decimal units, for example {@code 200 B}, {@code 10.5 MB}. */
    public static String bytes(double bytes) {
        if (bytes < 999.5) {
            return digits(bytes, true) + " B";
        }
        if (bytes < 999.5e3) {
            return digits(bytes / 1e3, false) + " kB";
        }
        if (bytes < 999.5e6) {
            return digits(bytes / 1e6, false) + " MB";
        }
        return digits(bytes / 1e9, false) + " GB";
    }

    /**
     * An age in its two largest units, for example {@code 340 ms}, {@code 12.5 s}, {@code 3m 05s},
     * {@code 2d 04h}.
     */
    public static String age(Duration age) {
        if (age.isZero()) {
            return "0 ms"; // measured in milliseconds
        }
        long seconds = age.toSeconds();
        if (seconds < 60) {
            return time(age.toMillis() * 1e6);
        }
        if (seconds < 3600) {
            return String.format(Locale.ROOT, "%dm %02ds", seconds / 60, seconds % 60);
        }
        if (seconds < 86_400) {
            return String.format(Locale.ROOT, "%dh %02dm", seconds / 3600, seconds / 60 % 60);
        }
        return String.format(Locale.ROOT, "%dd %02dh", seconds / 86_400, seconds / 3600 % 24);
    }

    /** A count with grouped digits, for example {@code 205,433}. */
    public static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** A rate, grouped above ten and with decimals below. */
    public static String perSecond(double rate) {
        return rate >= 10 ? count(Math.round(rate)) : String.format(Locale.ROOT, "%.2f", rate);
    }

    private static String digits(double value, boolean whole) {
        int decimals = whole || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
