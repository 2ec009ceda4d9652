package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.parallite.wire.GoldenFrames.Golden;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {

    private static final int MAX_BODY = 1000;

    /** Keeps what it is given; admits nothing larger than {@code admitted}. */
    private static class Collector implements FrameReader.Sink {
        final List<byte[]> frames = new ArrayList<>();
        final List<Long> oversize = new ArrayList<>();
        byte[] seen = {};
        int admitted = Integer.MAX_VALUE;
        boolean goesOn = true;

        @Override
        public boolean admits(int length) {
            return length <= admitted;
        }

        @Override
        public void onFrame(byte[] frame) {
            frames.add(frame);
        }

        @Override
        public boolean onOversize(long length, byte[] first) {
            oversize.add(length);
            seen = first;
            return goesOn;
        }
    }

    private final Collector collected = new Collector();
    private final FrameReader reader = new FrameReader(MAX_BODY, collected);

    @ParameterizedTest
    @MethodSource("goldenFrames")
    void readsFrameSplitAtEveryByte(Golden golden) {
        byte[] stream = concat(golden.frame(), TestFrames.frame((byte) 1));
        for (int split = 0; split <= stream.length; split++) {
            Collector sink = new Collector();
            FrameReader split2 = new FrameReader(MAX_BODY, sink);

            split2.feed(stream, 0, split);
            split2.feed(stream, split, stream.length - split);

            assertThat(sink.frames).as("split at %d", split).hasSize(2);
            assertThat(sink.frames.getFirst()).isEqualTo(golden.frame());
            assertThat(split2.isBetweenFrames()).isTrue();
        }
    }

    static Stream<Golden> goldenFrames() {
        return GoldenFrames.all();
    }

    @Test
    void readsFrameByteByByte() {
        byte[] frame = TestFrames.json("{'task_id':'a'}");

        for (int i = 0; i < frame.length; i++) {
            assertThat(collected.frames).isEmpty();
            reader.feed(frame, i, 1);
        }

        assertThat(collected.frames).singleElement().isEqualTo(frame);
    }

    @Test
    void givesZeroLengthFrameAtOnce() {
        feed(TestFrames.frame());

        assertThat(collected.frames).singleElement().isEqualTo(new byte[4]);
        assertThat(reader.isBetweenFrames()).isTrue();
    }

    @Test
    void givesEveryFrameOfAChunk() {
        byte[] a = TestFrames.frame((byte) 1);
        byte[] b = TestFrames.frame();
        byte[] c = TestFrames.frame((byte) 2, (byte) 3);

        feed(concat(a, b, c));

        assertThat(collected.frames).containsExactly(a, b, c);
    }

    @Test
    void takesFrameOfExactlyTheLimit() {
        feed(TestFrames.frame(new byte[MAX_BODY]));

        assertThat(collected.frames).singleElement().satisfies(f -> assertThat(f).hasSize(1004));
        assertThat(collected.oversize).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7, 250, 5000})
    void skipsOversizeFrameAndReadsOn(int chunk) {
        byte[] after = TestFrames.frame((byte) 7);
        byte[] stream = concat(TestFrames.frame(new byte[MAX_BODY + 1]), after);

        for (int at = 0; at < stream.length; at += chunk) {
            reader.feed(stream, at, Math.min(chunk, stream.length - at));
        }

        assertThat(collected.oversize).containsExactly(MAX_BODY + 1L);
        assertThat(collected.frames).containsExactly(after);
    }

    @Test
    void showsTheFirstBytesOfAnOversizeFrame() {
        byte[] frame = TestFrames.json("{'task_id':'a','payload':'" + "x".repeat(MAX_BODY) + "'}");

        feed(frame);

        assertThat(collected.seen).hasSizeLessThan(300).startsWith(Arrays.copyOf(frame, 60));
    }

    @Test
    void readsLengthAsUnsigned() {
        feed(new byte[] {-1, -1, -1, -1, 'x'});

        assertThat(collected.oversize).containsExactly(0xffffffffL);
        assertThat(collected.seen).isEqualTo(new byte[] {-1, -1, -1, -1, 'x'});
    }

    @Test
    void takesNothingMoreWhenOversizeIsNotToBeSkipped() {
        collected.goesOn = false;

        feed(concat(TestFrames.frame(new byte[MAX_BODY + 1]), TestFrames.frame((byte) 7)));

        assertThat(collected.frames).isEmpty();
    }

    @Test
    void holdsStillUntilItMayReadOn() {
        collected.admitted = 10;
        byte[] small = TestFrames.frame((byte) 1);
        byte[] large = TestFrames.frame(new byte[100]);

        feed(concat(small, large, small));
        feed(small);
        assertThat(collected.frames).containsExactly(small);
        assertThat(reader.isHeld()).isTrue();

        reader.resume();

        assertThat(reader.isHeld()).isFalse();
        assertThat(collected.frames).containsExactly(small, large, small, small);
    }

    @Test
    void holdsAgainAtTheNextLargeFrame() {
        collected.admitted = 10;
        byte[] large = TestFrames.frame(new byte[100]);

        feed(concat(large, large));
        reader.resume();
        assertThat(collected.frames).hasSize(1);
        assertThat(reader.isHeld()).isTrue();
        reader.resume();

        assertThat(collected.frames).containsExactly(large, large);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void asksOncePerFrameWhetherItMayRead(boolean direct) {
        List<Integer> asked = new ArrayList<>();
        FrameReader asking =
                new FrameReader(
                        MAX_BODY,
                        new Collector() {
                            @Override
                            public boolean admits(int length) {
                                asked.add(length);
                                return length < 50;
                            }
                        });

        feed(asking, TestFrames.frame(new byte[10]), direct);
        feed(asking, TestFrames.frame(new byte[100]), direct);
        assertThat(asking.isHeld()).isTrue();
        asking.resume();

        assertThat(asked).containsExactly(10, 100);
    }

    @Test
    void wholeFramesMayFollowOneThatWasSplit() {
        byte[] split = TestFrames.json("{'task_id':'a'}");
        byte[] whole = TestFrames.json("{'task_id':'b'}");

        feed(reader, Arrays.copyOf(split, 7), true);
        feed(reader, rest(split, 7), true);
        feed(reader, whole, true);
        feed(reader, Arrays.copyOf(whole, 3), true);
        feed(reader, rest(whole, 3), true);

        assertThat(collected.frames).containsExactly(split, whole, whole);
    }

    @Test
    void bytesThatOnlyLookLikeAWholeFrameAreTheRestOfAnother() {
        byte[] inner = TestFrames.frame(new byte[20]);
        byte[] outer = TestFrames.frame(inner);

        feed(reader, Arrays.copyOf(outer, 4), true);
        feed(reader, inner, true);

        assertThat(collected.frames).containsExactly(outer);
    }

    private static byte[] rest(byte[] frame, int from) {
        return Arrays.copyOfRange(frame, from, frame.length);
    }

    @Test
    void resumeWithoutHoldDoesNothing() {
        reader.resume();
        feed(TestFrames.frame((byte) 1));

        assertThat(collected.frames).hasSize(1);
    }

    @Test
    void takesNothingMoreOnceClosed() {
        collected.admitted = 0;
        feed(TestFrames.frame((byte) 1));

        reader.close();
        reader.resume();
        feed(TestFrames.frame());

        assertThat(collected.frames).isEmpty();
    }

    @Test
    void mayBeClosedFromWithinAFrame() {
        List<byte[]> taken = new ArrayList<>();
        FrameReader[] closing = new FrameReader[1];
        closing[0] =
                new FrameReader(
                        MAX_BODY,
                        new Collector() {
                            @Override
                            public void onFrame(byte[] frame) {
                                taken.add(frame);
                                closing[0].close();
                            }
                        });
        byte[] two = concat(TestFrames.frame((byte) 1), TestFrames.frame((byte) 2));

        closing[0].feed(two, 0, two.length);

        assertThat(taken).hasSize(1);
    }

    @Test
    void showsWhatThereIsOfAnUnfinishedFrame() {
        assertThat(reader.partial(64)).isEmpty();
        feed(new byte[] {0, 0});
        assertThat(reader.partial(64)).isEqualTo(new byte[] {0, 0});
        assertThat(reader.isBetweenFrames()).isFalse();
        feed(new byte[] {0, 9, 'a', 'b', 'c'});
        assertThat(reader.partial(64)).isEqualTo(new byte[] {0, 0, 0, 9, 'a', 'b', 'c'});
        assertThat(reader.partial(5)).isEqualTo(new byte[] {0, 0, 0, 9, 'a'});
        feed("defghi".getBytes(StandardCharsets.US_ASCII));
        assertThat(reader.partial(64)).isEmpty();
        assertThat(reader.isBetweenFrames()).isTrue();
    }

    @Test
    void lengthAloneReservesNothing() {
        long before = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        List<FrameReader> readers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            FrameReader promised = new FrameReader(1 << 30, new Collector());
            promised.feed(new byte[] {0x3f, 0, 0, 0, '{'}, 0, 5);
            readers.add(promised);
        }
        long after = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();

        assertThat(readers).hasSize(200);
        assertThat(after - before).isLessThan(200L << 20);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void readsRandomFramesInRandomChunks(long seed) {
        Random random = new Random(seed);
        Collector sink = new Collector();
        FrameReader large = new FrameReader(200_000, sink);
        List<byte[]> sent = new ArrayList<>();
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (int i = 0; i < 60; i++) {
            byte[] body = new byte[random.nextInt(random.nextInt(8) == 0 ? 200_000 : 300)];
            random.nextBytes(body);
            sent.add(TestFrames.frame(body));
            stream.writeBytes(sent.getLast());
        }

        byte[] all = stream.toByteArray();
        for (int at = 0; at < all.length; ) {
            int step = Math.min(all.length - at, 1 + random.nextInt(1 << random.nextInt(1, 17)));
            feed(large, Arrays.copyOfRange(all, at, at + step), random.nextBoolean());
            at += step;
        }

        assertThat(sink.frames).hasSameSizeAs(sent);
        for (int i = 0; i < sent.size(); i++) {
            assertThat(sink.frames.get(i)).as("frame %d", i).isEqualTo(sent.get(i));
        }
    }

    /** Feeds a buffer as from a socket, on the heap or outside. */
    private static void feed(FrameReader reader, byte[] chunk, boolean direct) {
        ByteBuf buffer =
                direct
                        ? Unpooled.directBuffer(chunk.length).writeBytes(chunk)
                        : Unpooled.wrappedBuffer(chunk);
        try {
            reader.feed(buffer);
        } finally {
            buffer.release();
        }
    }

    private void feed(byte[] bytes) {
        reader.feed(bytes, 0, bytes.length);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
