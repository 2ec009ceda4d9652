package io.parallite.server;

import io.parallite.engine.Guard;
import io.parallite.engine.Offload;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.wire.Encoding;
import io.parallite.wire.ReadBudget;
import io.parallite.wire.ReadBudget.Room;
import io.parallite.wire.Reply;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Translates frames of workers into the encoding of a client.
 *
 * <p>A frame that cannot be translated is replaced by a failure. Short frames are translated at
 * once. Long ones would hold up the event loop: they are translated on another thread, and claim
 * twice their length from the budget before. Owned by the engine's thread.
 */
final class Translator {

    /** Longer frames are translated on another thread. */
    static final int LONG = 16 * 1024;

    private final Offload offload;
    private final ReadBudget budget;
    private final int maxBody;

    /**
     * @param maxBody the longest body of a translated frame in bytes
     */
    Translator(Offload offload, ReadBudget budget, int maxBody) {
        this.offload = offload;
        this.budget = budget;
        this.maxBody = maxBody;
    }

    /**
     * Gives {@code frame} in {@code encoding}.
     *
     * @param otherwise what to send when it cannot be translated
     */
    byte[] translate(
            Encoding encoding, byte[] frame, BiFunction<FailureKind, String, Reply> otherwise) {
        try {
            return encoding.encode(frame, maxBody);
        } catch (TaskException e) {
            return encoding.encode(otherwise.apply(e.kind(), e.explanation()));
        } catch (Throwable e) {
            Guard.log("translating a frame", e);
            return encoding.encode(
                    otherwise.apply(
                            FailureKind.INTERNAL,
                            "the daemon met a defect with this frame; its log has the details"));
        }
    }

    /**
     * The same on another thread, as soon as the budget has room.
     *
     * @param onDone gets the frame, on the engine's thread, after this has returned; {@code null}
     *     when not even the failure could be encoded
     * @return the room that was claimed, which the caller releases
     */
    Room translateElsewhere(
            Encoding encoding,
            byte[] frame,
            BiFunction<FailureKind, String, Reply> otherwise,
            Consumer<byte @Nullable []> onDone) {
        Runnable begin =
                () ->
                        offload.run(
                                () -> translate(encoding, frame, otherwise),
                                (done, problem) -> onDone.accept(done));
        Room room = budget.claim(2L * frame.length, begin);
        if (room.isGranted()) {
            begin.run();
        }
        return room;
    }
}
