package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.wire.Encoding;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.Test;

class JsonLogFormatterTest {

    private final JsonLogFormatter formatter = new JsonLogFormatter();

    @Test
    void writesOneObjectALine() {
        String line = format(record("two\nlines \"quoted\""));

        assertThat(line).endsWith("}\n").containsOnlyOnce("\n");
        assertThat(parsed(line))
                .containsEntry("level", "WARN")
                .containsEntry("category", "io.parallite.pool.Crew")
                .containsEntry("message", "two\nlines \"quoted\"")
                .containsOnlyKeys("time", "level", "category", "message");
        assertThat(parsed(line).get("time").toString())
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d.*");
    }

    @Test
    void keysAtTheEndBecomeFields() {
        Map<String, Object> fields =
                parsed(format(record("is replaced worker=work-1 pid=4711 task=order 7")));
        assertThat(fields)
                .containsEntry("message", "is replaced worker=work-1 pid=4711 task=order 7");

        fields = parsed(format(record("is replaced worker=work-1 pid=4711 task=order-7")));
        assertThat(fields)
                .containsEntry("message", "is replaced")
                .containsEntry("worker", "work-1")
                .containsEntry("task", "order-7");
        assertThat(((Number) fields.get("pid")).longValue()).isEqualTo(4711);
    }

    @Test
    void textBeforeTheKeysCannotPassForThem() {
        Map<String, Object> fields =
                parsed(format(record("liar worker=work-9 task=forged worker=work-1 pid=7 task=-")));

        assertThat(fields)
                .containsEntry("worker", "work-1")
                .doesNotContainKey("task")
                .containsEntry("message", "liar worker=work-9 task=forged");
    }

    @Test
    void escapesWhatATerminalOrAReaderOfLinesWouldObey() {
        String text = "a\u2028b\u202ec\u0085d\u007f";
        String line = format(record(text));

        assertThat(line).contains("a\\u2028b\\u202ec\\u0085d\\u007f");
        assertThat(parsed(line)).containsEntry("message", text);
    }

    @Test
    void showsExceptions() {
        LogRecord record = record("a task met a defect task=t");
        record.setThrown(new IllegalStateException("boom"));

        Map<String, Object> fields = parsed(format(record));

        assertThat(fields).containsEntry("message", "a task met a defect");
        assertThat(fields.get("exception").toString())
                .startsWith("java.lang.IllegalStateException: boom")
                .contains("at io.parallite.JsonLogFormatterTest");
    }

    private String format(LogRecord record) {
        return formatter.format(record);
    }

    private static LogRecord record(String message) {
        ExtLogRecord record =
                new ExtLogRecord(
                        Level.parse("WARNING"),
                        message,
                        ExtLogRecord.FormatStyle.NO_FORMAT,
                        JsonLogFormatterTest.class.getName());
        record.setLevel(org.jboss.logmanager.Level.WARN);
        record.setLoggerName("io.parallite.pool.Crew");
        return record;
    }

    private static Map<String, Object> parsed(String line) {
        byte[] body = line.getBytes(StandardCharsets.UTF_8);
        byte[] frame = new byte[4 + body.length];
        System.arraycopy(body, 0, frame, 4, body.length);
        return Encoding.JSON.decodeAll(frame);
    }
}
