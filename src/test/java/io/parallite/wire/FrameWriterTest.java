package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameWriterTest {

    private static final int SLICE = 256 * 1024;

    private final FakeLine line = new FakeLine();
    private int drained;
    private final FrameWriter writer = new FrameWriter(line, () -> drained++);

    @Test
    void sendsSmallFrameInOneWrite() {
        byte[] frame = TestFrames.json("{'ok':true}");

        writer.write(frame);

        assertThat(line.writes()).containsExactly(frame.length);
        assertThat(line.bytes()).isEqualTo(frame);
        assertThat(writer.isEmpty()).isTrue();
        assertThat(writer.isFull()).isFalse();
    }

    @Test
    void sendsLargeFrameSliceBySliceAsTheStreamTakesIt() {
        line.capacity(SLICE);
        byte[] frame = random(3 * SLICE + 17);

        writer.write(frame);
        assertThat(line.writes()).containsExactly(SLICE);
        assertThat(writer.isFull()).isTrue();
        assertThat(writer.isEmpty()).isFalse();
        line.drain();
        assertThat(line.writes()).hasSize(2);
        line.drain();
        line.drain();
        assertThat(line.writes()).containsExactly(SLICE, SLICE, SLICE, 17);
        assertThat(writer.isEmpty()).isTrue();

        assertThat(line.bytes()).isEqualTo(frame);
    }

    @Test
    void tellsOnceItHasCaughtUp() {
        line.capacity(SLICE);
        writer.write(random(SLICE + 1));
        assertThat(drained).isZero();

        line.drain();

        assertThat(drained).isEqualTo(1);
        assertThat(writer.isFull()).isFalse();
    }

    @Test
    void doesNotTellWhileTheStreamIsStillFull() {
        line.capacity(SLICE);
        writer.write(random(2 * SLICE));

        line.drain();

        assertThat(drained).isZero();
        assertThat(writer.isFull()).isTrue();
        line.drain();
        assertThat(drained).isEqualTo(1);
    }

    @Test
    void smallFramesWaitBehindALargeOne() {
        line.capacity(SLICE);
        byte[] large = random(2 * SLICE);
        byte[] small = TestFrames.json("{'ok':true}");
        writer.write(large);
        writer.write(small);
        assertThat(line.writes()).hasSize(1);

        line.drainAll();

        assertThat(line.bytes()).startsWith(large).endsWith(small);
        assertThat(line.bytes()).hasSize(large.length + small.length);
    }

    @Test
    void onlyAFrameThatOthersFollowMayBeSentLater() {
        writer.write(TestFrames.json("{}"), true);
        writer.write(random(2 * SLICE), true);
        writer.write(TestFrames.json("{}"), false);

        assertThat(line.moreFollow()).containsExactly(true, false, false, false);
    }

    @Test
    void sendsNothingOnceClosed() {
        line.capacity(SLICE);
        writer.write(random(2 * SLICE));

        writer.close();
        writer.write(TestFrames.json("{}"));
        line.drainAll();

        assertThat(line.writes()).hasSize(1);
        assertThat(writer.isEmpty()).isTrue();
        assertThat(drained).isZero();
    }

    @Test
    void streamThatDrainsWithinAWriteGetsEveryByteOnce() {
        line.drainsWithinWrite();
        byte[] frame = random(5 * SLICE + 3);

        writer.write(frame);

        assertThat(line.bytes()).isEqualTo(frame);
        assertThat(writer.isEmpty()).isTrue();
    }

    @Test
    void mayBeWrittenToFromWithinTheDrainHandler() {
        FrameWriter[] chained = new FrameWriter[1];
        byte[] first = random(SLICE + 1);
        byte[] second = random(SLICE + 2);
        FakeLine slow = new FakeLine();
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
                        });

        chained[0].write(first);
        slow.drainAll();

        assertThat(slow.bytes()).startsWith(first).endsWith(second);
        assertThat(slow.bytes()).hasSize(first.length + second.length);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void keepsTheOrderOfRandomFramesUnderRandomBackPressure(long seed) {
        Random random = new Random(seed);
        line.capacity(SLICE);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();

        for (int i = 0; i < 100; i++) {
            byte[] frame = random(random.nextInt(5) == 0 ? random.nextInt(3 * SLICE) : 50);
            expected.writeBytes(frame);
            writer.write(frame);
            if (random.nextBoolean()) {
                line.drain();
            }
        }
        line.drainAll();

        assertThat(line.bytes()).isEqualTo(expected.toByteArray());
        assertThat(line.writes()).allMatch(length -> length <= SLICE);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
