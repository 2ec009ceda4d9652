package io.parallite.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.parallite.bench.Measurements.Failure;
import io.parallite.units.HumanUnits;
import io.parallite.wire.Encoding;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** A result for people, as a table, and for programs, as JSON. */
final class BenchReport {

    private static final double[] PERCENTILES = {50, 75, 90, 95, 99, 99.9, 99.99};

    private final BenchPlan plan;
    private final BenchFrames frames;
    private final String encoding;

    /**
     * A report on runs of a plan.
     *
     * @param encoding the encoding's name, for the head line
     */
    BenchReport(BenchPlan plan, BenchFrames frames, String encoding) {
        this.plan = plan;
        this.frames = frames;
        this.encoding = encoding;
    }

    /** A line with what is going to be measured. */
    String headline() {
        String load =
                plan.rate() > 0
                        ? ", " + HumanUnits.perSecond(plan.rate()) + " tasks/s offered"
                        : "";
        return "%s: %d %s x %d in flight, frames of %s %s%s"
                .formatted(
                        plan.target().text(),
                        plan.connections(),
                        plan.connections() == 1 ? "connection" : "connections",
                        plan.depth(),
                        HumanUnits.bytes(frames.frameLength()),
                        encoding,
                        load);
    }

    /** The table. */
    void print(BenchResult result, PrintWriter out) {
        if (result.interrupted()) {
            out.println("interrupted: these are the figures so far");
        }
        double seconds = result.elapsed().toNanos() / 1e9;
        row(
                out,
                "tasks",
                String.format(
                        Locale.ROOT, "%s in %.2f s", HumanUnits.count(result.tasks()), seconds));
        row(out, "rate", HumanUnits.perSecond(result.rate()) + " tasks/s");
        row(out, "sent", megabytes(result.perSecond(result.traffic().sent())));
        row(out, "received", megabytes(result.perSecond(result.traffic().received())));
        row(out, "errors", HumanUnits.count(result.failed()));
        if (result.unsent() > 0) {
            row(
                    out,
                    "unsent",
                    HumanUnits.count(result.unsent())
                            + " due but found no free place; raise --depth");
        }
        printLatencies(result.latencies(), out);
        if (!result.failures().isEmpty()) {
            out.println();
            out.println("  errors, whole run, with the first message of each kind");
            result.failures().forEach((code, failure) -> printFailure(code, failure, out));
        }
        if (result.failures().containsKey("INVALID_PAYLOAD")) {
            out.println();
            out.println(
                    "  The worker could not run the payload: give it a closure with --php, or a"
                            + " callable's\n  name with --payload.");
        }
        out.flush();
    }

    /** One JSON object on one line; times in nanoseconds, sizes in bytes. */
    String json(BenchResult result) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("target", plan.target().text());
            json.writeStringField("encoding", encoding);
            json.writeNumberField("connections", plan.connections());
            json.writeNumberField("depth", plan.depth());
            json.writeNumberField("frame_bytes", frames.frameLength());
            json.writeNumberField("rate_offered", plan.rate());
            json.writeBooleanField("interrupted", result.interrupted());
            json.writeNumberField("elapsed_ns", result.elapsed().toNanos());
            json.writeNumberField("tasks", result.tasks());
            json.writeNumberField("tasks_per_second", result.rate());
            json.writeNumberField("sent_bytes", result.traffic().sent());
            json.writeNumberField("received_bytes", result.traffic().received());
            json.writeNumberField("unsent", result.unsent());
            writeLatencies(json, result.latencies());
            writeFailures(json, result);
            json.writeEndObject();
        } catch (IOException e) {
            throw new AssertionError("a StringWriter does not fail", e);
        }
        return text.toString();
    }

    /** A line with why nothing was measured, in the form of all commands. */
    static String jsonOfRefusal(String message) {
        Map<String, Object> refusal = new LinkedHashMap<>();
        refusal.put("ok", false);
        refusal.put("error", message);
        refusal.put("error_code", "UNAVAILABLE");
        return Encoding.jsonText(refusal);
    }

    private static void printLatencies(Histogram latencies, PrintWriter out) {
        out.println();
        if (latencies.getTotalCount() == 0) {
            out.println("  No task succeeded in the measured time; a longer --duration may help.");
            return;
        }
        row(
                out,
                "latency",
                "mean %s, standard deviation %s"
                        .formatted(
                                HumanUnits.time(latencies.getMean()),
                                HumanUnits.time(latencies.getStdDeviation())));
        latency(out, "min", latencies.getMinValue());
        for (double percentile : PERCENTILES) {
            latency(out, "p" + name(percentile), latencies.getValueAtPercentile(percentile));
        }
        latency(out, "max", latencies.getMaxValue());
    }

    private static void printFailure(String code, Failure failure, PrintWriter out) {
        String line = failure.firstMessage().lines().findFirst().orElse("");
        String message = line.replaceAll("\\p{Cntrl}", " ");
        String shown = message.length() > 300 ? message.substring(0, 300) + "..." : message;
        out.printf(Locale.ROOT, "%10s  %s: %s%n", HumanUnits.count(failure.count()), code, shown);
    }

    private static void row(PrintWriter out, String name, String value) {
        out.printf(Locale.ROOT, "  %-8s  %s%n", name, value);
    }

    private static void latency(PrintWriter out, String name, long nanos) {
        out.printf(Locale.ROOT, "  %-8s  %9s%n", name, HumanUnits.time((double) nanos));
    }

    private static String megabytes(double bytesPerSecond) {
        return String.format(Locale.ROOT, "%.2f MB/s", bytesPerSecond / 1e6);
    }

    private static void writeLatencies(JsonGenerator json, Histogram latencies) throws IOException {
        boolean none = latencies.getTotalCount() == 0;
        json.writeObjectFieldStart("latency_ns");
        if (!none) {
            json.writeNumberField("mean", Math.round(latencies.getMean()));
            json.writeNumberField("stddev", Math.round(latencies.getStdDeviation()));
            json.writeNumberField("min", latencies.getMinValue());
            for (double percentile : PERCENTILES) {
                json.writeNumberField(
                        "p" + name(percentile), latencies.getValueAtPercentile(percentile));
            }
            json.writeNumberField("max", latencies.getMaxValue());
        }
        json.writeEndObject();
    }

    private static void writeFailures(JsonGenerator json, BenchResult result) throws IOException {
        json.writeNumberField("errors", result.failed());
        json.writeObjectFieldStart("errors_by_code");
        for (Map.Entry<String, Failure> failure : result.failures().entrySet()) {
            json.writeObjectFieldStart(failure.getKey());
            json.writeNumberField("count", failure.getValue().count());
            json.writeStringField("first_message", failure.getValue().firstMessage());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static String name(double percentile) {
        return percentile == Math.rint(percentile)
                ? String.valueOf((int) percentile)
                : String.valueOf(percentile);
    }
}
