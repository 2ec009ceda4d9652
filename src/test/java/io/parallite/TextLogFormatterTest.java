package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;

class TextLogFormatterTest {

    private final TextLogFormatter formatter =
            new TextLogFormatter(new PatternFormatter("%-5p %c{1}: %s%e%n"));

    @Test
    void leavesAnOrdinaryLineAsItIs() {
        assertThat(formatter.format(record("task has ended task=%s", "Grüße-7")))
                .isEqualTo("WARN  Crew: task has ended task=Grüße-7\n");
    }

    @Test
    void nobodyElseEndsALine() {
        String line =
                formatter.format(record("from a task: %s", "a\nERROR Daemon: forged\r\u2028b"));

        assertThat(line)
                .isEqualTo("WARN  Crew: from a task: a\\nERROR Daemon: forged\\r\\u2028b\n");
    }

    @Test
    void nobodyElseSteersTheTerminal() {
        String line = formatter.format(record("%s", "\u001b[2J \u202ereversed\u009b31m"));

        assertThat(line).isEqualTo("WARN  Crew: \\u001b[2J \\u202ereversed\\u009b31m\n");
    }

    @Test
    void aStackHasALineForEachFrame() {
        ExtLogRecord record = record("a task met a defect");
        record.setThrown(
                new IllegalStateException(
                        "outer\nERROR Daemon: forged",
                        new IllegalArgumentException("inner\n\tat forged.Frame")));

        String text = formatter.format(record);

        assertThat(text)
                .startsWith(
                        "WARN  Crew: a task met a defect\n"
                                + "java.lang.IllegalStateException: outer\\nERROR Daemon: forged\n"
                                + "\tat io.parallite.TextLogFormatterTest.")
                .contains(
                        "\nCaused by: java.lang.IllegalArgumentException: inner\\n\\tat forged.Frame\n");
        assertThat(text.lines().skip(2))
                .allMatch(line -> line.matches("(\tat |Caused by: |\t\\.{3} ).*"));
    }

    private static ExtLogRecord record(String message, Object... parameters) {
        ExtLogRecord record =
                new ExtLogRecord(
                        Level.WARNING,
                        message,
                        ExtLogRecord.FormatStyle.PRINTF,
                        TextLogFormatterTest.class.getName());
        record.setLevel(org.jboss.logmanager.Level.WARN);
        record.setLoggerName("io.parallite.worker.Crew");
        record.setParameters(parameters);
        return record;
    }
}
