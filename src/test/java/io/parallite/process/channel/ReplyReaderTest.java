package io.parallite.process.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerExit;
import io.parallite.wire.ReadBudget;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frames of a worker under a budget that grants by hand. */
class ReplyReaderTest {

    private static final int LARGE = 100_000;

    private final List<Boolean> reported = new ArrayList<>();
    private @Nullable Runnable onGranted;
    private boolean hasRoom;
    private int released;
    private final StringBuilder garbage = new StringBuilder();
    private boolean sentGarbage;
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
            garbage.append(description);
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

    @AfterEach
    void noGarbageUnlessItWasSent() {
        assertThat(sentGarbage || garbage.isEmpty()).as(garbage.toString()).isTrue();
    }

    private void send(int body) {
        byte[] frame = new byte[4 + body];
        ByteBuffer.wrap(frame).putInt(body);
        reader.reader().feed(Unpooled.wrappedBuffer(frame));
    }

    @ParameterizedTest
    @CsvSource({
        "00200000, '', sent a reply of 2097152 bytes",
        "00200000, 7b22, sent a reply of 2097152 bytes",
        "00200000, 82a2, sent a reply of 2097152 bytes",
        "00200000, 3c3f, are no frame",
        "4e6f7469, 6365, are no frame",
        "7b226f6b, 7b22, are no frame"
    })
    void tellsALongReplyFromWhatIsNoFrame(String length, String body, String said) {
        sentGarbage = true;
        reader.reader().feed(Unpooled.wrappedBuffer(HexFormat.of().parseHex(length + body)));

        assertThat(garbage.toString()).contains(said);
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
