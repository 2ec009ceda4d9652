package io.parallite.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class StderrTailTest {

    /** {@link System#nanoTime} of the last answer. */
    private volatile long answeredAt = System.nanoTime();

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
    void joinsCharactersAndLinesThatComeInPieces() {
        StderrTail tail = new StderrTail(WorkerName.persistent("work", 1), 1, new Listener());
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
        StderrTail tail = new StderrTail(WorkerName.persistent("work", 1), 1, new Listener());
        byte[] text = (" ".repeat(4096) + "yz\n").getBytes(StandardCharsets.UTF_8);
        tail.onBytes(text, text.length);

        assertThat(tail.text()).isEqualTo("yz");
    }

    private StderrTail tail(InputStream... parts) {
        WorkerName name = WorkerName.persistent("work", 1);
        InputStream stderr = new SequenceInputStream(Collections.enumeration(List.of(parts)));
        StderrTail tail = StderrTail.of(name, 1, stderr, new Listener());
        await().until(tail::hasEnded);
        return tail;
    }

    private static InputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
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
        public boolean isOfCurrentTask(long readAt) {
            return readAt > answeredAt;
        }

        @Override
        public void onEnded(WorkerExit ending) {}
    }
}
