package io.parallite.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.parallite.wire.ReadBudget;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Frames of a worker under a budget that grants by hand. */
class ReplyReaderTest {

    private static final int LARGE = 100_000;

    private final List<Boolean> reported = new ArrayList<>();
    private @Nullable Runnable onGranted;
    private boolean hasRoom;
    private int released;
    private ReplyReader reader;

    private final class ManualBudget implements ReadBudget {
        @Override
        public Room claim(long bytes, Runnable granted) {
            boolean atOnce = hasRoom;
            onGranted = granted;
            return new Room() {
                @Override
                public boolean isGranted() {
                    return atOnce || hasRoom;
                }

                @Override
                public void release() {
                    released++;
                }
            };
        }
    }

    private final class Worker implements WorkerChannel.Listener {
        @Override
        public void onFrame(byte[] frame) {
            reported.add(reader.hasWaitedForRoom());
        }

        @Override
        public void onGarbage(String description) {
            throw new AssertionError(description);
        }

        @Override
        public void onEnded(WorkerExit ending) {
            throw new AssertionError("it goes on");
        }
    }

    @BeforeEach
    void read() {
        reader =
                new ReplyReader(
                        new Worker(),
                        new ReplyLimits(1 << 20, new ManualBudget()),
                        () -> reader.readOn());
    }

    private void send(int body) {
        byte[] frame = new byte[4 + body];
        ByteBuffer.wrap(frame).putInt(body);
        reader.reader().feed(Unpooled.wrappedBuffer(frame));
    }

    @Test
    void holdsALargeReplyUntilThereIsRoomAndReleasesThatOnceItIsHandedOn() {
        send(LARGE);
        assertThat(reader.isHeld()).isTrue();
        assertThat(reported).isEmpty();

        hasRoom = true;
        onGranted.run();

        assertThat(reader.isHeld()).isFalse();
        assertThat(reported).hasSize(1);
        assertThat(released).isEqualTo(1);
    }

    @Test
    void tellsAReplyThatHadToWaitFromOneThatHadNot() {
        hasRoom = true;
        send(LARGE);
        hasRoom = false;
        send(LARGE);
        assertThat(reader.hasWaitedForRoom()).isTrue();
        hasRoom = true;
        onGranted.run();
        send(10);

        assertThat(reported).containsExactly(false, true, false);
        assertThat(reader.hasWaitedForRoom()).isFalse();
    }

    @Test
    void asksForNoRoomForASmallReply() {
        send(1000);

        assertThat(reported).containsExactly(false);
        assertThat(released).isZero();
    }

    @Test
    void givesBackTheRoomOfAReplyThatNeverCameToItsEnd() {
        hasRoom = true;
        ByteBuffer begun = ByteBuffer.allocate(50_000).putInt(0, LARGE);
        reader.reader().feed(Unpooled.wrappedBuffer(begun));
        assertThat(released).isZero();

        reader.close();

        assertThat(reported).isEmpty();
        assertThat(released).isEqualTo(1);
    }
}
