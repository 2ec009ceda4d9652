package io.parallite;

import io.parallite.units.Texts;
import java.util.logging.Formatter;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;

/**
 * Lines in the format that is configured for them, with messages and stacks escaped. Any thread.
 */
final class TextLogFormatter extends ExtFormatter {

    private final Formatter lines;

    /**
     * A formatter.
     *
     * @param lines formats a record whose message is on one line, and which has no stack
     */
    TextLogFormatter(Formatter lines) {
        this.lines = lines;
    }

    @Override
    @SuppressWarnings("deprecation") // what replaces it formats nothing
    public String format(ExtLogRecord record) {
        ExtLogRecord safe = new ExtLogRecord(record);
        String message = record.getFormattedMessage();
        safe.setMessage(
                Texts.escape(message == null ? "" : message), ExtLogRecord.FormatStyle.NO_FORMAT);
        safe.setParameters(null);
        safe.setThrown(null);
        String line = lines.format(safe);
        return record.getThrown() == null ? line : line + LogLines.stack(record.getThrown());
    }
}
