package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.parallite.engine.ManualEngine;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordLogTest {

    private static final Duration RETENTION = Duration.ofMinutes(6);
    private static final long LARGE = 64L * RecordLog.SEGMENT;

    private record Kept(int hash, long position, byte[] content) {}

    private final ManualEngine engine = new ManualEngine();
    private final ArrayDeque<Kept> kept = new ArrayDeque<>();
    private final RecordLog log =
            new RecordLog(
                    engine, RETENTION, LARGE, UnpooledByteBufAllocator.DEFAULT, this::onDropped);

    @Test
    void isEmptyAtFirst() {
        assertThat(log.size()).isZero();
        assertThat(log.bytes()).isZero();
        log.dropOldest();
        log.sweep();
        assertThat(log.size()).isZero();
    }

    @Test
    void keepsRecords() {
        append(bytes(1, 10));
        append(bytes(2, 0));
        append(bytes(3, 20));

        assertThat(log.bytes()).isEqualTo(30 + 3L * RecordLog.HEADER);
        assertAllThere();
    }

    @Test
    void dropsTheOldestSegmentWithAllOfItsRecords() {
        int third = RecordLog.SEGMENT / 3 - RecordLog.HEADER;
        for (int i = 0; i < 7; i++) {
            append(bytes(i, third));
        }

        log.dropOldest();

        assertThat(kept).extracting(Kept::hash).containsExactly(4, 5, 6, 7);
        assertAllThere();
        log.dropOldest();
        assertThat(kept).extracting(Kept::hash).containsExactly(7);
        log.dropOldest();
        assertThat(kept).isEmpty();
        assertThat(log.bytes()).isZero();
    }

    @Test
    void givesLargeRecordASegmentOfItsOwn() {
        append(bytes(1, 10));
        append(bytes(2, 3 * RecordLog.SEGMENT));
        append(bytes(3, 10));

        assertAllThere();
        log.dropOldest();
        assertThat(kept).hasSize(2);
        assertAllThere();
        log.dropOldest();
        assertThat(kept).hasSize(1);
        assertAllThere();
    }

    @Test
    void dropsSegmentsThatWereFullForTheRetention() {
        append(bytes(1, 10));
        engine.advance(Duration.ofMinutes(1));
        append(bytes(2, RecordLog.SEGMENT));
        engine.advance(Duration.ofMinutes(1));
        append(bytes(3, 10));

        engine.advance(RETENTION.minusMinutes(1).minusMillis(1));
        log.sweep();
        assertThat(kept).hasSize(3);
        engine.advance(Duration.ofMillis(1));
        log.sweep();
        assertThat(kept).hasSize(2);
        assertAllThere();

        engine.advance(Duration.ofMinutes(1));
        log.sweep();
        assertThat(kept).isEmpty();
    }

    @Test
    void recordWhoseWriterFailsIsNotThere() {
        append(bytes(1, 10));
        assertThatThrownBy(
                        () ->
                                log.append(
                                        9,
                                        10,
                                        record -> {
                                            throw new IllegalStateException("broken");
                                        }))
                .hasMessage("broken");
        append(bytes(2, 10));

        assertAllThere();
        log.dropOldest();
        assertThat(kept).isEmpty();
        assertThat(log.size()).isZero();
    }

    @Test
    void positionsStayWhileRecordsComeAndGo() {
        Random random = new Random(5);
        for (int i = 0; i < 3000; i++) {
            int most = random.nextInt(30) == 0 ? 2 * RecordLog.SEGMENT : 20_000;
            append(bytes(i, random.nextInt(most)));
            while (log.bytes() > 24L * RecordLog.SEGMENT) {
                log.dropOldest();
            }
            if (i % 100 == 0) {
                assertAllThere();
            }
        }
        while (log.size() > 0) {
            log.dropOldest();
        }
        assertThat(kept).isEmpty();
        assertThat(log.bytes()).isZero();
    }

    @Test
    void positionsComeAgainWhenTheirTurnIsOver() {
        append(bytes(1, 100));
        long again = kept.element().position();
        log.dropOldest();
        long segments = RecordLog.WINDOW / RecordLog.SEGMENT;
        for (long i = 0; i < segments - 3; i++) {
            append(new byte[0]);
            log.dropOldest();
        }

        append(bytes(2, 100));
        append(bytes(3, RecordLog.SEGMENT));
        append(bytes(4, 100));
        append(bytes(5, RecordLog.SEGMENT));

        assertAllThere();
        assertThat(kept).extracting(Kept::position).contains(again);
    }

    private void append(byte[] content) {
        int hash = kept.isEmpty() ? 1 : kept.getLast().hash() + 1;
        long position = log.append(hash, content.length, record -> record.setBytes(0, content));
        kept.add(new Kept(hash, position, content));
    }

    private void onDropped(int hash, long position) {
        Kept oldest = kept.remove();
        assertThat(hash).isEqualTo(oldest.hash());
        assertThat(position).isEqualTo(oldest.position());
    }

    private void assertAllThere() {
        assertThat(log.size()).isEqualTo(kept.size());
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
