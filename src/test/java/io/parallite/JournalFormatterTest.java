package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JournalFormatterTest {

    @TempDir private Path directory;

    private final JournalFormatter formatter =
            new JournalFormatter(
                    new Formatter() {
                        @Override
                        public String format(LogRecord record) {
                            return record.getMessage() + "\n";
                        }
                    });

    @ParameterizedTest
    @CsvSource({"FATAL,3", "ERROR,3", "WARN,4", "INFO,6", "DEBUG,7", "TRACE,7"})
    void beginsEachLineWithItsPriority(String level, int priority) {
        ExtLogRecord record = new ExtLogRecord(Level.parse(level), "first\n\tat second", "logger");

        assertThat(formatter.format(record))
                .isEqualTo("<%1$d>first\n<%1$d>\tat second\n".formatted(priority));
    }

    @Test
    void knowsWhenTheJournalReads() throws IOException {
        Path stream = Files.createFile(directory.resolve("stream"));
        String name =
                Files.getAttribute(stream, "unix:dev")
                        + ":"
                        + Files.getAttribute(stream, "unix:ino");

        assertThat(JournalFormatter.isReader(Map.of("JOURNAL_STREAM", name), stream)).isTrue();
        assertThat(JournalFormatter.isReader(Map.of("JOURNAL_STREAM", name + "1"), stream))
                .as("standard error was redirected since")
                .isFalse();
        assertThat(JournalFormatter.isReader(Map.of(), stream)).isFalse();
        assertThat(
                        JournalFormatter.isReader(
                                Map.of("JOURNAL_STREAM", name), directory.resolve("none")))
                .isFalse();
    }
}
