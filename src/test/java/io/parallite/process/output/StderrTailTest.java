package io.parallite.process.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerLimits;
import io.parallite.process.WorkerName;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StderrTailTest {

    private static final String SECRET = "0123456789abcdef";

    /** {@link System#nanoTime} of the last answer. */
    private volatile long answeredAt = System.nanoTime();

    private volatile @Nullable String running;

    @Test
    void quotesWhatWasWrittenForTheRunningTask() {
        assertThat(tail(text("one\ntwo\n"), text("three")).text()).isEqualTo("one two three");
    }

    @Test
    void doesNotQuoteWhatWasWrittenForTheTaskBefore() {
        assertThat(tail(text("password\n"), answer(), text("of this task\n")).text())
                .isEqualTo("of this task");
    }

    @Test
    void saysWhichLimitWordsAboutMemoryAreAbout() {
        assertThat(tail(text("mmap() failed: [12] Cannot allocate memory\nOut of memory\n")).text())
                .isEqualTo(
                        "mmap() failed: [12] Cannot allocate memory Out of memory (the worker may have worker_memory_max=67108864 bytes)");
    }

    @Test
    void joinsCharactersAndLinesThatComeInPieces() {
        StderrTail tail = tail();
        for (byte b : "größer 🙂\nzwei".getBytes(StandardCharsets.UTF_8)) {
            tail.onBytes(new byte[] {b}, 1);
        }
        tail.onBytes(new byte[] {(byte) 0xE2}, 1);
        tail.onEnd();

        assertThat(tail.text()).isEqualTo("größer 🙂 zwei\uFFFD");
        assertThat(tail.hasEnded()).isTrue();
    }

    @Test
    void cutsLinesWithoutEndAndLosesNothing() {
        StderrTail tail = tail();
        byte[] text = (" ".repeat(4096) + "yz\n").getBytes(StandardCharsets.UTF_8);
        tail.onBytes(text, text.length);

        assertThat(tail.text()).isEqualTo("yz");
    }

    @Test
    void quotesOnlyWhatIsMarkedAsTheRunningTasks() {
        running = "b";
        StderrTail tail = tail(text("boot\n"), mark("a"), text("of a"), mark("b"), text("of b\n"));

        assertThat(tail.text()).isEqualTo("of b");
    }

    @Test
    void quotesWhatIsPrintableOnly() {
        assertThat(tail(text("a\u202eb\u2028c\u001b[2J\n")).text()).isEqualTo("a?b?c?[2J");
    }

    @Test
    void quotesNothingForATaskThatDiedBeforeItsMark() {
        running = "b";

        assertThat(tail(mark("a"), text("of a\n")).text()).isEmpty();
    }

    @Test
    void quotesNoWordsOfTheStartOnceMarksAreExpected() {
        running = "a";
        StderrTail tail = tail(text("boot\n"));
        answeredAt = 0;
        assertThat(tail.text()).isEqualTo("boot");

        tail.expectMarks();

        assertThat(tail.text()).isEmpty();
    }

    @Test
    void quotesTheEndOfAWorkerThatIsAtNoTaskByWhenItWasRead() {
        StderrTail tail = tail(mark("a"), text("of a\n"), answer(), text("of the end\n"));

        assertThat(tail.text()).isEqualTo("of the end");
    }

    @Test
    void endsALineAndACharacterAtAMark() {
        running = "a";
        StderrTail tail = tail(mark("a"), text("gr"), raw(0xC3), mark("b"), raw(0xB6), text("n"));
        assertThat(tail.text()).isEqualTo("gr\uFFFD");

        running = "b";
        assertThat(tail.text()).isEqualTo("\uFFFDn");
    }

    private StderrTail tail() {
        return new StderrTail(
                WorkerName.persistent("work", 1),
                1,
                SECRET,
                new Listener(),
                new WorkerLimits(
                        Optional.empty(),
                        Optional.empty(),
                        1 << 26,
                        Optional.empty(),
                        Optional.empty()));
    }

    private StderrTail tail(InputStream... parts) {
        StderrTail tail = tail();
        tail.readOnThread(new SequenceInputStream(Collections.enumeration(List.of(parts))));
        await().until(tail::hasEnded);
        return tail;
    }

    private static InputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static InputStream mark(String id) {
        return new ByteArrayInputStream(TaskMarksTest.mark(SECRET, id));
    }

    private static InputStream raw(int b) {
        return new ByteArrayInputStream(new byte[] {(byte) b});
    }

    /** The moment at which the worker answers a task; nothing is written. */
    private InputStream answer() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                answeredAt = System.nanoTime();
                return -1;
            }
        };
    }

    private final class Listener implements WorkerChannel.Listener {

        @Override
        public void onFrame(byte[] frame) {}

        @Override
        public void onGarbage(String description) {}

        @Override
        public @Nullable String currentTask() {
            return running;
        }

        @Override
        public boolean isOfCurrentTask(long readAt) {
            return readAt > answeredAt;
        }

        @Override
        public void onEnded(WorkerExit ending) {}
    }
}
