package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordLogTest {

    private record Kept(long position, byte[] content) {}

    private final RecordLog log = new RecordLog();
    private final ArrayDeque<Kept> kept = new ArrayDeque<>();

    @Test
    void isEmptyAtFirst() {
        assertThat(log.size()).isZero();
        assertThat(log.bytes()).isZero();
    }

    @Test
    void keepsRecordsInOrder() {
        append(bytes(1, 10));
        append(bytes(2, 0));
        append(bytes(3, 20));

        assertThat(log.size()).isEqualTo(3);
        assertThat(log.bytes()).isEqualTo(30 + 3 * 4);
        assertAllThere();
        assertThat(log.oldest()).isEqualTo(kept.element().position());
        dropOldest();
        assertAllThere();
        dropOldest();
        dropOldest();
        assertThat(log.bytes()).isZero();
    }

    @Test
    void givesLargeRecordASegmentOfItsOwn() {
        append(bytes(1, 10));
        append(bytes(2, 3 * RecordLog.SEGMENT));
        append(bytes(3, 10));
        append(bytes(4, RecordLog.SEGMENT - 4));

        assertAllThere();
        while (!kept.isEmpty()) {
            dropOldest();
            assertAllThere();
        }
    }

    @Test
    void positionsStayWhileRecordsComeAndGo() {
        Random random = new Random(5);
        for (int i = 0; i < 3000; i++) {
            int most = random.nextInt(30) == 0 ? 2 * RecordLog.SEGMENT : 20_000;
            append(bytes(i, random.nextInt(most)));
            while (log.bytes() > 24L * RecordLog.SEGMENT) {
                dropOldest();
            }
            if (i % 100 == 0) {
                assertAllThere();
            }
        }
        while (!kept.isEmpty()) {
            dropOldest();
        }
        assertThat(log.size()).isZero();
        assertThat(log.bytes()).isZero();
    }

    @Test
    void positionsComeAgainWhenTheirTurnIsOver() {
        byte[] first = bytes(1, 100);
        append(first);
        long again = kept.element().position();
        long segments = RecordLog.WINDOW / RecordLog.SEGMENT;
        for (long i = 0; i < segments - 4; i++) {
            log.append(RecordLog.SEGMENT - 4, segment -> {});
            log.dropOldest();
        }
        kept.clear();

        append(bytes(2, 100));
        append(bytes(3, RecordLog.SEGMENT - 4));
        append(bytes(4, 100));
        log.dropOldest();
        append(bytes(5, RecordLog.SEGMENT - 4));

        assertAllThere();
        assertThat(kept.getLast().position()).isEqualTo(again);
        while (!kept.isEmpty()) {
            dropOldest();
        }
    }

    private void append(byte[] content) {
        long position = log.append(content.length, record -> record.setBytes(0, content));
        kept.add(new Kept(position, content));
    }

    private void dropOldest() {
        assertThat(log.oldest()).isEqualTo(kept.remove().position());
        log.dropOldest();
    }

    private void assertAllThere() {
        for (Kept record : kept) {
            ByteBuf found = log.at(record.position());
            byte[] content = new byte[found.capacity()];
            found.getBytes(0, content);
            assertThat(content).isEqualTo(record.content());
        }
    }

    private static byte[] bytes(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
