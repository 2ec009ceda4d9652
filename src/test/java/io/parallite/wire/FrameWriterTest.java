package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameWriterTest {

    private static final int SLICE = 256 * 1024;

    private final FakeStream stream = new FakeStream();
    private int drained;
    private final FrameWriter writer = new FrameWriter(stream, () -> drained++, null);

    @Test
    void sendsSmallFrameInOneWrite() {
        byte[] frame = TestFrames.json("{'ok':true}");

        writer.write(frame);

        assertThat(stream.writes()).containsExactly(frame.length);
        assertThat(stream.bytes()).isEqualTo(frame);
        assertThat(writer.isEmpty()).isTrue();
        assertThat(writer.isFull()).isFalse();
    }

    @Test
    void sendsLargeFrameSliceBySliceAsTheStreamTakesIt() {
        stream.capacity(SLICE);
        byte[] frame = random(3 * SLICE + 17);

        writer.write(frame);
        assertThat(stream.writes()).containsExactly(SLICE);
        assertThat(writer.isFull()).isTrue();
        assertThat(writer.isEmpty()).isFalse();
        stream.drain();
        assertThat(stream.writes()).hasSize(2);
        stream.drain();
        stream.drain();
        assertThat(stream.writes()).containsExactly(SLICE, SLICE, SLICE, 17);
        assertThat(writer.isEmpty()).isTrue();

        assertThat(stream.bytes()).isEqualTo(frame);
    }

    @Test
    void tellsOnceItHasCaughtUp() {
        stream.capacity(SLICE);
        writer.write(random(SLICE + 1));
        assertThat(drained).isZero();

        stream.drain();

        assertThat(drained).isEqualTo(1);
        assertThat(writer.isFull()).isFalse();
    }

    @Test
    void doesNotTellWhileTheStreamIsStillFull() {
        stream.capacity(SLICE);
        writer.write(random(2 * SLICE));

        stream.drain();

        assertThat(drained).isZero();
        assertThat(writer.isFull()).isTrue();
        stream.drain();
        assertThat(drained).isEqualTo(1);
    }

    @Test
    void smallFramesWaitBehindALargeOne() {
        stream.capacity(SLICE);
        byte[] large = random(2 * SLICE);
        byte[] small = TestFrames.json("{'ok':true}");
        writer.write(large);
        writer.write(small);
        assertThat(stream.writes()).hasSize(1);

        stream.drainAll();

        assertThat(stream.bytes()).startsWith(large).endsWith(small);
        assertThat(stream.bytes()).hasSize(large.length + small.length);
    }

    @Test
    void tellsTheOutcomeOfEachWrite() {
        List<Boolean> outcomes = new ArrayList<>();
        FrameWriter telling =
                new FrameWriter(stream, () -> {}, written -> outcomes.add(written.succeeded()));

        telling.write(TestFrames.json("{}"));
        stream.breakDown();
        telling.write(random(SLICE + 1));

        assertThat(outcomes).containsExactly(true, false, false);
    }

    @Test
    void sendsNothingOnceClosed() {
        stream.capacity(SLICE);
        writer.write(random(2 * SLICE));

        writer.close();
        writer.write(TestFrames.json("{}"));
        stream.drainAll();

        assertThat(stream.writes()).hasSize(1);
        assertThat(writer.isEmpty()).isTrue();
        assertThat(drained).isZero();
    }

    @Test
    void streamThatDrainsWithinAWriteGetsEveryByteOnce() {
        stream.drainsWithinWrite();
        byte[] frame = random(5 * SLICE + 3);

        writer.write(frame);

        assertThat(stream.bytes()).isEqualTo(frame);
        assertThat(writer.isEmpty()).isTrue();
    }

    @Test
    void mayBeWrittenToFromWithinTheDrainHandler() {
        FrameWriter[] chained = new FrameWriter[1];
        byte[] first = random(SLICE + 1);
        byte[] second = random(SLICE + 2);
        FakeStream slow = new FakeStream();
        slow.capacity(SLICE);
        boolean[] sent = new boolean[1];
        chained[0] =
                new FrameWriter(
                        slow,
                        () -> {
                            if (!sent[0]) {
                                sent[0] = true;
                                chained[0].write(second);
                            }
                        },
                        null);

        chained[0].write(first);
        slow.drainAll();

        assertThat(slow.bytes()).startsWith(first).endsWith(second);
        assertThat(slow.bytes()).hasSize(first.length + second.length);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void keepsTheOrderOfRandomFramesUnderRandomBackPressure(long seed) {
        Random random = new Random(seed);
        stream.capacity(SLICE);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();

        for (int i = 0; i < 100; i++) {
            byte[] frame = random(random.nextInt(5) == 0 ? random.nextInt(3 * SLICE) : 50);
            expected.writeBytes(frame);
            writer.write(frame);
            if (random.nextBoolean()) {
                stream.drain();
            }
        }
        stream.drainAll();

        assertThat(stream.bytes()).isEqualTo(expected.toByteArray());
        assertThat(stream.writes()).allMatch(length -> length <= SLICE);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
