package io.parallite;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.parallite.units.Texts;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logmanager.ExtLogRecord;

/**
 * One JSON object a line: {@code time}, {@code level}, {@code category}, {@code message}, and
 * {@code exception} where there is one.
 *
 * <p>The keys {@code worker=}, {@code pid=} and {@code task=} that a message ends with become
 * fields of their own and leave the message. Of two of the same name the last one counts, which is
 * the daemon's: what a worker or a client has put into the text before it stays text. What JSON
 * would leave as it is but a terminal would not, such as U+202E, is escaped too.
 */
final class JsonLogFormatter extends Formatter {

    private static final JsonFactory JSON = new JsonFactory();
    private static final Pattern LAST_KEY = Pattern.compile("(?:^| )(worker|pid|task)=(\\S*)$");
    private static final String NONE = "-";

    private final DateTimeFormatter time =
            DateTimeFormatter.ISO_OFFSET_DATE_TIME.withZone(ZoneId.systemDefault());

    @Override
    public String format(LogRecord record) {
        String message = formatted(record);
        Map<String, String> keys = new LinkedHashMap<>();
        Matcher last = LAST_KEY.matcher(message);
        while (last.find() && keys.putIfAbsent(last.group(1), last.group(2)) == null) {
            message = message.substring(0, last.start());
            last = LAST_KEY.matcher(message);
        }
        StringWriter line = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("time", time.format(record.getInstant()));
            json.writeStringField("level", record.getLevel().getName());
            json.writeStringField("category", String.valueOf(record.getLoggerName()));
            json.writeStringField("message", message);
            writeKeys(json, keys);
            if (record.getThrown() != null) {
                json.writeStringField("exception", LogLines.stack(record.getThrown()));
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Texts.escape(line.toString()) + '\n';
    }

    @SuppressWarnings("deprecation") // what replaces it formats nothing
    private String formatted(LogRecord record) {
        String message =
                record instanceof ExtLogRecord ext
                        ? ext.getFormattedMessage()
                        : formatMessage(record);
        return message == null ? "" : message;
    }

    private static void writeKeys(JsonGenerator json, Map<String, String> keys) throws IOException {
        for (String key : new String[] {"worker", "pid", "task"}) {
            String value = keys.get(key);
            if (value == null || value.equals(NONE)) {
                continue;
            }
            if (key.equals("pid") && value.matches("\\d{1,18}")) {
                json.writeNumberField(key, Long.parseLong(value));
            } else {
                json.writeStringField(key, value);
            }
        }
    }
}
