package io.parallite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.stream.Collectors;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;

/**
 * Lines that begin with their priority, for the journal of systemd: {@code <3>} for an error, and
 * so on (sd-daemon(3)). It takes the priority off, and {@code journalctl -p err} finds the line.
 * Any thread.
 */
final class JournalFormatter extends ExtFormatter {

    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

    private final Formatter lines;

    /**
     * A formatter.
     *
     * @param lines formats the record without its priority
     */
    JournalFormatter(Formatter lines) {
        this.lines = lines;
    }

    /** Whether the journal reads standard error: JOURNAL_STREAM names its device and inode. */
    static boolean isReader(Map<String, String> environment) {
        return isReader(environment, STANDARD_ERROR);
    }

    static boolean isReader(Map<String, String> environment, Path stream) {
        String journal = environment.get("JOURNAL_STREAM");
        if (journal == null) {
            return false;
        }
        try {
            Map<String, Object> file =
                    Files.readAttributes(stream, "unix:dev,ino", new LinkOption[0]);
            return journal.equals(file.get("dev") + ":" + file.get("ino"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public String format(ExtLogRecord record) {
        String priority = "<%d>".formatted(priority(record.getLevel().intValue()));
        return lines.format(record)
                .lines()
                .map(line -> priority + line + '\n')
                .collect(Collectors.joining());
    }

    /** LOG_ERR, LOG_WARNING, LOG_INFO and LOG_DEBUG of syslog(3). */
    private static int priority(int level) {
        if (level >= org.jboss.logmanager.Level.ERROR.intValue()) {
            return 3;
        }
        if (level >= Level.WARNING.intValue()) {
            return 4;
        }
        return level >= Level.INFO.intValue() ? 6 : 7;
    }
}
