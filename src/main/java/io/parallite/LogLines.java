package io.parallite;

import io.parallite.units.Texts;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.LogContext;

/**
 * How the log's lines look, once Quarkus has set up logging; see {@code log_format}.
 *
 * <p>Whatever the format, an event is one line, and a stack has a line for each of its frames: ids
 * and output that others choose are escaped ({@link Texts#escape}) and can neither end a line nor
 * steer the terminal that shows it.
 */
final class LogLines {

    private LogLines() {}

    /** Has everything from now on logged as lines for people. */
    static void useText() {
        replaceFormatters(handlers(), TextLogFormatter::new);
    }

    /** Has everything from now on logged as JSON. */
    static void useJson() {
        replaceFormatters(handlers(), ignored -> new JsonLogFormatter());
    }

    /** Has each line from now on begin with its priority, when it is the journal that reads. */
    static void tellPriorities(Map<String, String> environment) {
        if (JournalFormatter.isReader(environment)) {
            replaceFormatters(handlers(), JournalFormatter::new);
        }
    }

    /** Has what happens to each task logged from now on, or not. */
    static void debug(boolean isOn) {
        LogContext.getLogContext()
                .getLogger("io.parallite")
                .setLevel(isOn ? Level.DEBUG : Level.INFO);
    }

    private static Handler[] handlers() {
        return LogContext.getLogContext().getLogger("").getHandlers();
    }

    private static void replaceFormatters(
            Handler[] handlers, UnaryOperator<Formatter> replacement) {
        for (Handler handler : handlers) {
            if (handler.getFormatter() != null) {
                handler.setFormatter(replacement.apply(handler.getFormatter()));
            }
            if (handler instanceof ExtHandler nested) {
                replaceFormatters(nested.getHandlers(), replacement);
            }
        }
    }

    /**
     * The stack of {@code thrown} with its causes, a line for each frame; ends with a line break.
     */
    static String stack(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new LineWriter(text));
        return text.toString();
    }

    /** {@link Throwable#printStackTrace} writes each line by one call of {@code println}. */
    private static final class LineWriter extends PrintWriter {

        LineWriter(StringWriter out) {
            super(out);
        }

        @Override
        public void println(Object value) {
            String line = String.valueOf(value);
            String text = line.stripLeading();
            write(line.substring(0, line.length() - text.length()));
            write(Texts.escape(text));
            write('\n');
        }
    }
}
