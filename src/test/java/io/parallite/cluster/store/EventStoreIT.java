package io.parallite.cluster.store;

import static io.parallite.cluster.store.ClusterFixture.detached;
import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import io.parallite.wire.TestFrames;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Events and messages of one task between two nodes, on a real Redis: in order, each once. */
final class EventStoreIT {

    private static final TaskId ID = new TaskId("a");

    private static RedisServer redis;
    private ClusterFixture cluster;
    private TaskStore tasks;
    private EventStore executor;
    private EventStore follower;

    @BeforeAll
    static void start() {
        redis = RedisServer.start();
    }

    @AfterAll
    static void stop() {
        if (redis != null) {
            redis.close();
        }
    }

    @BeforeEach
    void connect() {
        redis.run("flushall");
        cluster = new ClusterFixture(redis);
        tasks = cluster.node("there");
        cluster.node("here");
        executor = cluster.events("there");
        follower = cluster.events("here");
    }

    @AfterEach
    void disconnect() {
        cluster.close();
    }

    private Claimed running() {
        cluster.await(() -> tasks.enqueue(detached("a")));
        return claimed();
    }

    private Claimed claimed() {
        String script = redis.run("hget", "{parallite:test}:t:a", "state").strip();
        assertThat(script).isEqualTo("queued");
        return cluster.await(() -> tasks.claim(1, false)).tasks().getFirst();
    }

    private static Event emitted(int value) {
        return new Event(
                "emit",
                TestFrames.json("{'task_id':'a','event':'emit','value':%d}".formatted(value)));
    }

    private Optional<EventStore.Unread> publish(Lease lease, long first, Event... events) {
        return cluster.await(() -> executor.publish(lease, first, List.of(events)));
    }

    private Optional<List<byte[]>> hear(long position) {
        return cluster.await(() -> follower.read(ID, position));
    }

    private List<Long> numbers(Optional<List<byte[]>> heard) {
        Signer signer = cluster.settings("r1", 100).signer();
        return heard.orElseThrow().stream()
                .map(bytes -> Event.read(ID, bytes, signer).number())
                .toList();
    }

    @Test
    void keepsWhatIsToldTwiceOnceAndHasItReadAgainUntilItIsTaken() {
        Lease lease = running().lease();
        EventStore.Followed followed =
                cluster.await(() -> follower.follow(ID, false, 0)).orElseThrow();
        assertThat(followed.status().state()).isEqualTo(TaskState.RUNNING);
        assertThat(followed.isNew()).isTrue();

        publish(lease, 1, emitted(1), emitted(2));
        assertThat(publish(lease, 1, emitted(1), emitted(2), emitted(3)).orElseThrow().entries())
                .isEqualTo(3);

        assertThat(numbers(hear(0))).containsExactly(1L, 2L, 3L);
        assertThat(numbers(hear(0))).containsExactly(1L, 2L, 3L);
        assertThat(numbers(hear(2))).containsExactly(3L);
        assertThat(numbers(hear(2))).containsExactly(3L);
        assertThat(numbers(hear(3))).isEmpty();
        assertThat(publish(lease, 4).orElseThrow()).isEqualTo(new EventStore.Unread(1, 0, 0));
    }

    @Test
    void refusesWhatAnAttemptTellsThatHasLostItsLeaseAndCountsNobodyWhoHasGone() {
        Lease lease = running().lease();
        cluster.await(() -> follower.follow(ID, false, 0));
        Lease other = new Lease(ID, "another", true);
        assertThat(publish(other, 1, emitted(1))).isEmpty();

        redis.run("del", "{parallite:test}:n:here");

        assertThat(publish(lease, 1, emitted(1)).orElseThrow().followers()).isZero();
        assertThat(hear(0)).isEmpty();
        assertThat(redis.run("exists", "{parallite:test}:f:a").strip()).isEqualTo("0");
        assertThat(isNewFollower()).isTrue();
        assertThat(isNewFollower()).isFalse();
    }

    private boolean isNewFollower() {
        return cluster.await(() -> follower.follow(ID, false, 0)).orElseThrow().isNew();
    }

    @Test
    void tellsTheNodeThatClaimsATaskWhoHasToDoWithIt() {
        cluster.await(() -> tasks.enqueue(detached("a")));
        cluster.await(() -> follower.follow(ID, false, 0));
        MessageStore sender = cluster.messages("here");
        cluster.await(() -> sender.send(ID, List.of(message(1))));

        Claimed claimed = claimed();

        assertThat(claimed.links().isFollowed()).isTrue();
        assertThat(claimed.links().wantsOutput()).isFalse();
        assertThat(claimed.links().hasMessages()).isTrue();
    }

    @Test
    void tellsAndKeepsProgressThatItHasSignedItself() {
        Lease lease = running().lease();
        cluster.await(() -> follower.follow(ID, false, 0));
        byte[] half =
                TestFrames.json("{'task_id':'a','event':'progress','fraction':0.5,'message':'x'}");
        publish(lease, 1, new Event("progress", half));

        assertThat(cluster.await(() -> tasks.status(ID)).orElseThrow().progress().message())
                .isEqualTo("x");

        redis.run("hset", "{parallite:test}:t:a", "pmac", "forged");
        assertThat(cluster.await(() -> tasks.status(ID)).orElseThrow().progress()).isNull();
    }

    @Test
    void takesNoEventThatWasSignedForAnotherPlace() {
        Signer signer = cluster.settings("r1", 100).signer();
        Lease lease = new Lease(ID, "t:1", true);
        byte[] signed = emitted(1).signed(signer, lease, 7);
        String text = new String(signed, StandardCharsets.UTF_8);

        assertThat(Event.read(ID, signed, signer).number()).isEqualTo(7);
        for (String forged :
                List.of(
                        text.replaceFirst("t:1 7", "t:1 8"),
                        text.replaceFirst("t:1 7", "t:2 7"),
                        text.replaceFirst("7 emit", "7 output"),
                        text.replace("1}", "2}"),
                        "no event")) {
            assertThat(Event.read(ID, forged.getBytes(StandardCharsets.UTF_8), signer))
                    .as(forged)
                    .isNull();
        }
        assertThat(Event.read(new TaskId("b"), signed, signer)).isNull();
    }

    private static MessageStore.Numbered message(int number) {
        return new MessageStore.Numbered(
                number, TestFrames.json("{'type':'send','to':'a','value':%d}".formatted(number)));
    }

    @Test
    void bringsEachMessageOnceAndSaysWhichTheWorkerHas() {
        MessageStore sender = cluster.messages("here");
        MessageStore receiver = cluster.messages("there");
        Lease lease = running().lease();

        cluster.await(() -> sender.send(ID, List.of(message(5))));
        cluster.await(() -> sender.send(ID, List.of(message(5), message(6))));

        MessageStore.Taken taken = cluster.await(() -> receiver.take(lease, -1, "")).orElseThrow();
        assertThat(taken.before()).isZero();
        assertThat(taken.messages()).hasSize(2);
        assertThat(cluster.await(() -> sender.send(ID, List.of())).taken()).isZero();
        assertThat(cluster.await(() -> receiver.take(lease, 1, "")).orElseThrow().messages())
                .hasSize(1);
        assertThat(cluster.await(() -> sender.send(ID, List.of())).taken()).isEqualTo(5);
        assertThat(cluster.await(() -> receiver.take(new Lease(ID, "other", true), 2, "")))
                .isEmpty();
        cluster.await(() -> receiver.take(lease, 2, ""));
        assertThat(cluster.await(() -> sender.send(ID, List.of())).taken()).isEqualTo(6);

        cluster.await(() -> receiver.take(lease, 2, "it takes none"));
        assertThat(cluster.await(() -> sender.send(ID, List.of(message(7)))).refusal())
                .isEqualTo("it takes none");
    }

    @Test
    void keepsNoMessageForATaskThatIsNotInFlight() {
        MessageStore sender = cluster.messages("here");

        assertThat(cluster.await(() -> sender.send(ID, List.of(message(1)))).inFlight()).isFalse();
        assertThat(redis.run("exists", "{parallite:test}:m:a").strip()).isEqualTo("0");
    }
}
