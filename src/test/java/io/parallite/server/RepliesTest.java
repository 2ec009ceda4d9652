package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import io.parallite.engine.Offload;
import io.parallite.engine.QueuedEngine;
import io.parallite.pool.FakeTransport;
import io.parallite.pool.Lane;
import io.parallite.pool.PoolSettings;
import io.parallite.pool.WorkerPool;
import io.parallite.server.ClientBudget.Account;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.wire.Encoding;
import io.parallite.wire.FakeLine;
import io.parallite.wire.FrameWriter;
import io.parallite.wire.ReadBudget.Room;
import io.parallite.wire.TestFrames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replies on a line that a test fills and drains; translations come when the test lets them. */
class RepliesTest {

    private static final long SHARE = 4 << 20;
    private static final int MAX_BODY = 1 << 20;
    private static final TaskId ID = new TaskId("a");

    private final QueuedEngine engine = new QueuedEngine();
    private final FakeTransport workers = new FakeTransport();
    private final WorkerPool pool = pool();
    private final Lane lane = pool.newLane();
    private final FakeLine line = new FakeLine();
    private final ClientBudget budget = new ClientBudget(SHARE);
    private final Account account = budget.open(() -> {});
    private final Traffic traffic = new Traffic();
    private int changes;
    private final Replies replies = replies(line);

    private WorkerPool pool() {
        WorkerPool started =
                new WorkerPool(
                        new ManualEngine(),
                        workers,
                        new PoolSettings(1, 1, "work", 10, Duration.ofSeconds(30)),
                        new Random(1));
        started.start();
        workers.readyAll();
        return started;
    }

    private Replies replies(FrameWriter.Line out) {
        Translator translator = new Translator(new Offload(engine), budget, MAX_BODY);
        return new Replies(out, lane, account, traffic, translator, () -> changes++);
    }

    // Order

    @Test
    void sendsRepliesInTheOrderOfAnswers() {
        replies.answer(frame("first"));
        replies.send(frame("event"));
        replies.answer(frame("second"));

        assertThat(line.bytes()).isEqualTo(concat(frame("first"), frame("event"), frame("second")));
    }

    @Test
    void keepsOrderBehindALongTranslation() throws InterruptedException {
        replies.answer(Encoding.JSON, ID, replied(packed(Translator.LONG + 1)));
        replies.answer(frame("after"));
        assertThat(line.bytes()).isEmpty();

        engine.runNext();

        String sent = new String(line.bytes(), StandardCharsets.UTF_8);
        assertThat(sent).contains("\"result\":\"xxx", "after");
        assertThat(line.bytes()).endsWith(frame("after"));
    }

    @Test
    void keepsOrderOfTwoLongTranslations() throws InterruptedException {
        replies.answer(Encoding.JSON, new TaskId("one"), replied(packed("one", Translator.LONG)));
        replies.answer(Encoding.JSON, new TaskId("two"), replied(packed("two", Translator.LONG)));

        engine.runNext();
        engine.runNext(); // in whatever order the threads have finished

        String sent = new String(line.bytes(), StandardCharsets.UTF_8);
        assertThat(sent.indexOf("\"one\"")).isPositive().isLessThan(sent.indexOf("\"two\""));
    }

    @Test
    void translatesShortFramesAtOnce() {
        replies.answer(Encoding.JSON, ID, replied(packed(10)));

        assertThat(TestFrames.text(line.bytes())).contains("\"task_id\":\"a\"", "xxxxxxxxxx");
    }

    @Test
    void passesFramesOfTheSameEncodingOnByteForByte() {
        byte[] frame = TestFrames.json("{ 'task_id' : 'a',  'ok':true,'result':1 }");

        replies.answer(Encoding.JSON, ID, replied(frame));

        assertThat(line.bytes()).isEqualTo(frame);
    }

    @Test
    void answersWithAFailureWhatCannotBeTranslated() throws InterruptedException {
        replies.expect();
        replies.answer(Encoding.JSON, ID, replied(packed(MAX_BODY + 1)));
        engine.runNext();

        assertThat(TestFrames.text(line.bytes()))
                .contains("\"task_id\":\"a\"", "\"ok\":false", "\"error_code\"");
        assertThat(replies.areAllOut()).isTrue();
    }

    @Test
    void sendsAResultOnceForEachRequest() {
        for (int i = 0; i < 3; i++) {
            replies.expect();
        }

        replies.answer(Encoding.JSON, ID, replied(frame("shared")), 3);

        assertThat(line.bytes())
                .isEqualTo(concat(frame("shared"), frame("shared"), frame("shared")));
        assertThat(replies.unanswered()).isZero();
        assertThat(traffic.totals())
                .isEqualTo(new Traffic.Totals(0, 0, 3, 3L * frame("shared").length));
    }

    @Test
    void answersAFailureInTheEncodingOfTheRequest() {
        replies.answer(
                Encoding.MESSAGE_PACK, ID, new TaskResult.Failed(FailureKind.TIMEOUT, "late"));

        assertThat(Encoding.of(line.bytes())).isEqualTo(Encoding.MESSAGE_PACK);
    }

    // Bounds

    @Test
    void holdsTheLaneWhileTheClientDoesNotRead() {
        line.capacity(1);
        replies.send(frame("unread"));
        assertThat(replies.isBehind()).isTrue();
        assertThat(isServed("held")).isFalse();

        line.drain();

        assertThat(replies.isBehind()).isFalse();
        assertThat(workers.last().tasks()).containsExactly("held");
    }

    @Test
    void holdsTheLaneDuringALongTranslation() throws InterruptedException {
        replies.answer(Encoding.JSON, ID, replied(packed(Translator.LONG + 1)));
        assertThat(replies.isBehind()).isTrue();
        assertThat(isServed("held")).isFalse();

        engine.runNext();
        line.drain();

        assertThat(replies.isBehind()).isFalse();
        assertThat(workers.last().tasks()).containsExactly("held");
    }

    @Test
    void countsWhatIsUnreadUntilItIsRead() {
        line.capacity(1);
        replies.send(frame("on the line"));
        replies.send(new byte[100_000]);
        assertThat(account.unread()).isGreaterThan(100_000);
        assertThat(budget.replyBytes()).isEqualTo(account.unread());

        line.drainAll();

        assertThat(account.unread()).isZero();
        assertThat(budget.replyBytes()).isZero();
        assertThat(line.bytes()).hasSize(frame("on the line").length + 100_000);
    }

    @Test
    void countsWhatWaitsBehindATranslation() throws InterruptedException {
        replies.answer(Encoding.JSON, ID, replied(packed(Translator.LONG + 1)));
        replies.send(new byte[50_000]);
        assertThat(account.unread()).isEqualTo(50_000);

        engine.runNext();

        assertThat(account.unread()).isZero();
        assertThat(budget.replyBytes()).isZero();
    }

    @Test
    void translatesNothingLongUntilTheBudgetHasRoom() throws InterruptedException {
        Room others = budget.claim(SHARE, () -> {});
        replies.answer(Encoding.JSON, ID, replied(packed(Translator.LONG + 1)));
        assertThat(budget.isShortOfReplies()).isTrue();

        others.release();
        assertThat(budget.isShortOfReplies()).isFalse();
        engine.runNext();

        assertThat(line.bytes()).isNotEmpty();
        assertThat(budget.replyBytes()).isZero();
    }

    @Test
    void tellsWhenTheClientFallsBehindAndWhenItHasCaughtUp() {
        line.capacity(1);

        replies.send(frame("unread"));
        assertThat(changes).isEqualTo(1);
        line.drain();

        assertThat(changes).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void areAllOutOnlyWhenEverythingIsHandedToTheNetwork(boolean isSlow) {
        line.capacity(isSlow ? 1 : Integer.MAX_VALUE);
        replies.expect();
        replies.expect();
        assertThat(replies.areAllOut()).isFalse();

        replies.answer(frame("one"));
        replies.answer(frame("two"));
        assertThat(replies.areAllOut()).isEqualTo(!isSlow);

        line.drainAll();
        assertThat(replies.areAllOut()).isTrue();
    }

    // Closing

    @Test
    void dropsWhatIsUnreadWhenItCloses() {
        line.capacity(1);
        replies.send(frame("on the line"));
        replies.send(new byte[100_000]);

        replies.close();
        replies.send(frame("late"));
        line.drainAll();

        assertThat(line.bytes()).isEqualTo(frame("on the line"));
        assertThat(account.unread()).isZero();
        assertThat(budget.replyBytes()).isZero();
        assertThat(replies.isBehind()).isFalse();
    }

    @Test
    void servesTheLaneOfAClientThatHasGone() {
        line.capacity(1);
        replies.send(frame("unread"));
        assertThat(isServed("task")).isFalse();

        replies.close();

        assertThat(workers.last().tasks()).containsExactly("task");
    }

    @Test
    void dropsATranslationThatEndsAfterTheClientHasGone() throws InterruptedException {
        replies.answer(Encoding.JSON, ID, replied(packed(Translator.LONG + 1)));
        replies.send(frame("behind"));

        replies.close();
        assertThat(budget.replyBytes()).isZero();
        engine.runNext();

        assertThat(line.bytes()).isEmpty();
        assertThat(budget.replyBytes()).isZero();
    }

    @Test
    void beginsNoTranslationForAClientThatHasGoneMeanwhile() {
        Room others = budget.claim(SHARE, () -> {});
        replies.answer(Encoding.JSON, ID, replied(packed(Translator.LONG + 1)));

        replies.close();
        others.release();

        assertThat(budget.isShortOfReplies()).isFalse();
        assertThat(budget.replyBytes()).isZero();
    }

    @Test
    void endsTheConnectionWhenAWriteThrows() {
        Replies broken = replies(new BrokenLine());

        broken.send(frame("lost"));
        broken.send(frame("never sent"));

        assertThat(account.unread()).isZero();
        assertThat(broken.isBehind()).isFalse();
        assertThat(line.isClosed()).isTrue();
        assertThat(line.bytes()).isEmpty();
    }

    /** A line that has no memory for what it is given. */
    private final class BrokenLine implements FrameWriter.Line {

        @Override
        public void write(byte[] bytes, int offset, int length, boolean moreFollow) {
            throw new OutOfMemoryError("a network without memory");
        }

        @Override
        public boolean isFull() {
            return false;
        }

        @Override
        public void onDrained(Runnable action) {}

        @Override
        public void close() {
            line.close();
        }
    }

    /** Submits a task in the lane, and tells whether it has a worker. */
    private boolean isServed(String id) {
        Task task =
                new Task(
                        new TaskId(id),
                        TestFrames.json("{'task_id':'" + id + "'}"),
                        1,
                        null,
                        false);
        pool.withWorker(
                        task,
                        lane,
                        lease -> lease.exchange(task, Duration.ofMinutes(1), (name, frame) -> {}))
                .subscribe()
                .with(reply -> {}, failure -> {});
        return !workers.last().tasks().isEmpty();
    }

    private static TaskResult replied(byte[] frame) {
        return new TaskResult.Replied(frame, true);
    }

    private static byte[] frame(String text) {
        return TestFrames.json("{'text':'%s'}".formatted(text));
    }

    private static byte[] packed(int length) {
        return packed("a", length);
    }

    /** A reply in MessagePack with a result of that length. */
    private static byte[] packed(String id, int length) {
        return TestFrames.msgpack(
                packer ->
                        packer.packMapHeader(3)
                                .packString("task_id")
                                .packString(id)
                                .packString("ok")
                                .packBoolean(true)
                                .packString("result")
                                .packString("x".repeat(length)));
    }

    private static byte[] concat(byte[]... frames) {
        byte[] all = new byte[Arrays.stream(frames).mapToInt(frame -> frame.length).sum()];
        int at = 0;
        for (byte[] frame : frames) {
            System.arraycopy(frame, 0, all, at, frame.length);
            at += frame.length;
        }
        return all;
    }
}
