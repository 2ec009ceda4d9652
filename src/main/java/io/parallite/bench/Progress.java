package io.parallite.bench;

import io.parallite.bench.BenchPlan.ForDuration;
import io.parallite.bench.BenchPlan.ForTasks;
import io.parallite.bench.RunWindow.Phase;
import io.parallite.units.HumanUnits;
import java.io.PrintWriter;
import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * Prints the progress of a run once a second: on a terminal in one line that is rewritten,
 * elsewhere in a new line each time.
 */
final class Progress {

    private static final String CLEAR_LINE = "\r\033[K";

    /** How it is shown. */
    enum Style {
        NONE,
        LINES,
        REWRITTEN_LINE
    }

    private final PrintWriter out;
    private final Style style;
    private final String total;

    Progress(PrintWriter out, Style style, BenchPlan plan) {
        this.out = out;
        this.style = style;
        this.total =
                switch (plan.extent()) {
                    case ForDuration(Duration warmUp, Duration measured) ->
                            " of " + HumanUnits.time((double) warmUp.plus(measured).toNanos());
                    case ForTasks(long tasks) -> ", " + HumanUnits.count(tasks) + " tasks";
                };
    }

    /** One second more: shows the interval that ends. */
    void tick(long elapsedNanos, Phase phase, int inFlight, Measurements measurements) {
        if (style == Style.NONE) {
            return;
        }
        Histogram now = measurements.interval();
        double seconds = Math.max(1, elapsedNanos - measurements.intervalFrom()) / 1e9;
        String line =
                "%4d s%s  %9s/s  p50 %-7s  p99 %-7s  errors %s%s"
                        .formatted(
                                Math.round(elapsedNanos / 1e9),
                                total,
                                HumanUnits.perSecond(now.getTotalCount() / seconds),
                                percentile(now, 50),
                                percentile(now, 99),
                                HumanUnits.count(measurements.failed()),
                                note(phase, inFlight));
        if (style == Style.REWRITTEN_LINE) {
            out.print(CLEAR_LINE + line);
        } else {
            out.println(line);
        }
        out.flush();
    }

    /** Leaves a clean line for what comes next. */
    void end() {
        if (style == Style.REWRITTEN_LINE) {
            out.print(CLEAR_LINE);
            out.flush();
        }
    }

    private static String percentile(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0
                ? "-"
                : HumanUnits.time((double) histogram.getValueAtPercentile(percentile));
    }

    private static String note(Phase phase, int inFlight) {
        return switch (phase) {
            case WARM_UP -> "  warming up";
            case MEASURING -> "";
            case WAITING -> "  waiting for " + HumanUnits.count(inFlight);
        };
    }
}
