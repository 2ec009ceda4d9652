package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.cluster.store.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks that are followed, and sent messages, from another node than that which runs them. */
@DisplayName("A cluster of daemons, with what tasks tell and are told")
final class ClusterEventsIT {

    private static final String KEYS = "{parallite:parallite}:";

    /** The most events of a task that wait in Redis, and in its node, before its worker waits. */
    private static final int MOST_UNREAD = 2 * 64;

    @TempDir Path directory;
    private RedisServer redis;
    private final List<DaemonProcess> nodes = new ArrayList<>();

    @BeforeEach
    void startRedis() {
        redis = RedisServer.start();
    }

    @AfterEach
    void stopAll() {
        nodes.forEach(DaemonProcess::close);
        if (redis != null) {
            redis.close();
        }
    }

    /** A node with one worker, whose name begins with {@code name}. */
    private DaemonProcess node(String name) {
        DaemonProcess node = new ClusterNodes(redis, directory).builder(name, 1).startAtRest();
        nodes.add(node);
        ClusterNodes.awaitRest(node);
        return node;
    }

    /** Keeps the one worker of a node busy, so that others run what comes. */
    private static TestClient occupied(DaemonProcess node) {
        TestClient client = node.connect();
        client.send(task("keeps-busy-" + node.pid(), sleep(600_000)));
        await().until(() -> node.stats().busy() == 1);
        return client;
    }

    private static void free(DaemonProcess node) {
        try (TestClient client = node.connect()) {
            client.call(request("cancel", "keeps-busy-" + node.pid()));
        }
        node.assertRestored();
    }

    private Path gate() {
        return directory.resolve("gate");
    }

    private void open() throws Exception {
        Files.createFile(gate());
    }

    /** Waits until the gate is open, emits numbers up to {@code most}, and tells their sum. */
    private String counting(int most) {
        return closure(
                ("function () { while (!file_exists('%s')) { clearstatcache(); usleep(2000); }"
                                + " $sum = 0; for ($i = 1; $i <= %d; $i++) {"
                                + " B7s\\Parallite\\Task::emit($i); $sum += $i;"
                                + " file_put_contents('%s', $i); }"
                                + " B7s\\Parallite\\Task::progress(1.0, 'counted'); return $sum; }")
                        .formatted(gate(), most, directory.resolve("counted")));
    }

    private int counted() throws Exception {
        Path file = directory.resolve("counted");
        String text = Files.exists(file) ? Files.readString(file) : "";
        return text.isEmpty() ? 0 : Integer.parseInt(text);
    }

    private static Map<String, Object> streamed(String id, String payload) {
        Map<String, Object> task = task(id, payload);
        task.put("stream", true);
        return task;
    }

    private static Map<String, Object> detached(String id, String payload) {
        Map<String, Object> task = streamed(id, payload);
        task.put("detach", true);
        return task;
    }

    private static List<Reply> untilReply(TestClient client) {
        List<Reply> frames = new ArrayList<>();
        do {
            frames.add(client.receiveNext());
        } while (!frames.getLast().fields().containsKey("ok"));
        return frames;
    }

    private static List<Integer> values(List<Reply> frames) {
        return frames.stream()
                .filter(frame -> "emit".equals(frame.text("event")))
                .map(frame -> (Integer) frame.fields().get("value"))
                .toList();
    }

    private static Object stateOf(DaemonProcess node, String id) {
        try (TestClient client = node.connect()) {
            return client.call(request("status", id)).fields().get("status");
        }
    }

    private static void awaitRunning(DaemonProcess node, String id) {
        await().until(() -> "running".equals(stateOf(node, id)));
    }

    private String links(String id) {
        return redis.run("hget", KEYS + "t:" + id, "links").strip();
    }

    private static List<Integer> upTo(int most) {
        return IntStream.rangeClosed(1, most).boxed().toList();
    }

    @Test
    void tailsATaskFromAnyNode() throws Exception {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient busy = occupied(two);
        busy.call(detached("a", counting(500)));
        awaitRunning(two, "a");
        TestClient tail = two.connect();

        tail.send(request("tail", "a"));
        Reply state = tail.receiveNext();
        open();
        List<Reply> frames = untilReply(tail);

        assertThat(state.fields())
                .containsEntry("event", "state")
                .containsEntry("status", "running");
        assertThat(values(frames)).isEqualTo(upTo(500));
        assertThat(frames).anyMatch(frame -> "counted".equals(frame.fields().get("message")));
        frames.getLast().assertResult(125250);
        await().until(() -> redis.run("--scan", "--pattern", KEYS + "[ef]:*").isBlank());
        free(two);
        one.assertRestored();
    }

    @Test
    void tellsNothingOfTasksThatNobodyFollows() throws Exception {
        DaemonProcess one = node("one");
        TestClient client = one.connect();
        client.call(detached("a", counting(50)));
        open();

        assertThat(client.call(request("await", "a")).result()).isEqualTo(1275);

        assertThat(redis.run("--scan", "--pattern", KEYS + "[efim]:*").strip()).isEmpty();
        assertThat(redis.run("hexists", KEYS + "t:a", "progress").strip()).isEqualTo("0");
        assertThat(links("a")).isEmpty();
    }

    @Test
    void lendsATaskThatIsFollowedAndTellsWhatItTells() throws Exception {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient busy = occupied(one);
        TestClient client = one.connect();
        client.send(streamed("a", counting(300)));
        awaitRunning(one, "a");
        TestClient tail = one.connect();
        tail.send(request("tail", "a"));
        assertThat(tail.receiveNext().text("event")).isEqualTo("state");

        open();

        for (TestClient each : List.of(client, tail)) {
            List<Reply> frames = untilReply(each);
            assertThat(values(frames)).isEqualTo(upTo(300));
            frames.getLast().assertResult(45150);
        }
        await().until(() -> redis.run("--scan", "--pattern", KEYS + "[ef]:*").isBlank());
        busy.close();
        free(one);
        two.assertRestored();
    }

    @Test
    void hasATaskWaitForAFollowerThatDoesNotTakeWhatItTells() throws Exception {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient busy = occupied(two);
        busy.call(detached("a", counting(2000)));
        awaitRunning(two, "a");
        TestClient tail = two.connect();
        tail.send(request("tail", "a"));
        assertThat(tail.receiveNext().text("event")).isEqualTo("state");
        tail.send(request("hold", "a"));
        assertThat(tail.receiveNext().text("event")).isEqualTo("held");
        awaitFollowed("a");

        open();

        await().until(() -> counted() >= 64);
        await().during(Duration.ofSeconds(2)).until(() -> counted() < 2000);
        String list = redis.run("--scan", "--pattern", KEYS + "e:a:*").strip();
        assertThat(Integer.parseInt(redis.run("llen", list).strip())).isLessThan(MOST_UNREAD);
        tail.send(request("resume", "a"));
        List<Reply> frames = untilReply(tail);
        assertThat(values(frames)).isEqualTo(upTo(2000));
        free(two);
        one.assertRestored();
    }

    private void awaitFollowed(String id) {
        await().until(() -> !redis.run("--scan", "--pattern", KEYS + "f:" + id).isBlank());
    }

    @Test
    void goesOnWhenTheFollowerHasGoneThatItWaitedFor() throws Exception {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient client = one.connect();
        TestClient busy = occupied(two);
        busy.call(detached("a", counting(2000)));
        awaitRunning(two, "a");
        TestClient tail = two.connect();
        tail.send(request("tail", "a"));
        assertThat(tail.receiveNext().text("event")).isEqualTo("state");
        tail.send(request("hold", "a"));
        assertThat(tail.receiveNext().text("event")).isEqualTo("held");
        awaitFollowed("a");
        open();
        await().until(() -> counted() >= 64);

        two.killHard();

        assertThat(client.call(request("await", "a")).result()).isEqualTo(2001000);
        one.assertRestored();
    }

    @Test
    void losesNoValueWhenConnectionsToRedisBreakAndRedisIsKilled() throws Exception {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient busy = occupied(two);
        busy.call(detached("a", counting(6000)));
        awaitRunning(two, "a");
        TestClient tail = two.connect();
        tail.send(request("tail", "a"));
        assertThat(tail.receiveNext().text("event")).isEqualTo("state");
        awaitFollowed("a");
        open();

        List<Reply> frames = new ArrayList<>();
        for (int cut = 1; cut <= 8; cut++) {
            int until = cut * 500;
            while (values(frames).size() < until) {
                frames.add(tail.receiveNext());
            }
            if (cut == 4) {
                redis.kill();
                redis.restart();
            } else {
                redis.run("client", "kill", "type", cut % 2 == 0 ? "pubsub" : "normal");
            }
        }
        frames.addAll(untilReply(tail));

        assertThat(values(frames)).isEqualTo(upTo(6000));
        frames.getLast().assertResult(18003000);
        free(two);
        one.assertRestored();
    }

    @Test
    void tellsThatEventsMayBeLostOfATaskThatHasEndedWhileItsFollowerWasAway() throws Exception {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient busy = occupied(two);
        busy.call(detached("a", counting(10)));
        awaitRunning(two, "a");
        TestClient tail = two.connect();
        tail.send(request("tail", "a"));
        assertThat(tail.receiveNext().text("event")).isEqualTo("state");
        awaitFollowed("a");

        two.signal("STOP");
        await().until(() -> redis.run("--scan", "--pattern", KEYS + "n:*").lines().count() == 1);
        open();
        await().until(() -> "completed".equals(stateOf(one, "a")));
        two.signal("CONT");

        List<Reply> frames = untilReply(tail);
        assertThat(values(frames)).containsOnlyNulls();
        assertThat(frames)
                .filteredOn(frame -> "CLUSTER_UNAVAILABLE".equals(frame.text("error_code")))
                .singleElement()
                .satisfies(lost -> assertThat(lost.text("error")).contains("may be lost"));
        frames.getLast().assertResult(55);
        free(two);
        one.assertRestored();
    }

    @Test
    void passesNoEventOnThatIsNotSigned() throws Exception {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient busy = occupied(two);
        busy.call(detached("a", counting(1)));
        awaitRunning(two, "a");
        TestClient tail = two.connect();
        tail.send(request("tail", "a"));
        assertThat(tail.receiveNext().text("event")).isEqualTo("state");
        awaitFollowed("a");
        String node =
                redis.run("hkeys", KEYS + "f:a")
                        .lines()
                        .filter(f -> f.startsWith("w:"))
                        .toList()
                        .getFirst()
                        .substring(2);

        redis.run(
                "rpush",
                KEYS + "e:a:" + node,
                "t 1 emit 00ff\n{\"task_id\":\"a\",\"event\":\"emit\",\"value\":666}");
        redis.run("publish", KEYS + "in:" + node, "events a");

        assertThat(tail.receiveNext().fields())
                .containsEntry("event", "emit")
                .containsEntry("error_code", "INVALID_SIGNATURE")
                .doesNotContainKey("value");
        open();
        assertThat(values(untilReply(tail))).containsExactly(1);
        free(two);
        one.assertRestored();
    }

    @Test
    void tailsWhatACommandPrintsFromItsFirstByteOn() throws Exception {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient busy = occupied(two);
        Map<String, Object> command = request("submit", "c");
        command.put(
                "command",
                "echo one; while [ ! -e '%s' ]; do sleep 0.05; done; echo two".formatted(gate()));
        command.put("detach", true);
        busy.call(command);
        awaitRunning(two, "c");
        TestClient tail = two.connect();

        tail.send(request("tail", "c"));
        List<Reply> frames = new ArrayList<>();
        while (!printed(frames).equals("one\n")) {
            frames.add(tail.receiveNext());
        }
        open();
        frames.addAll(untilReply(tail));

        assertThat(printed(frames)).isEqualTo("one\ntwo\n");
        free(two);
        one.assertRestored();
    }

    private static String printed(List<Reply> frames) {
        StringBuilder printed = new StringBuilder();
        frames.stream()
                .filter(frame -> "output".equals(frame.text("event")))
                .forEach(frame -> printed.append(frame.text("data")));
        return printed.toString();
    }

    /** Takes {@code most} values and gives them back. */
    private static String taking(int most) {
        return closure(
                ("function () { $all = []; while (count($all) < %d) {"
                                + " $all[] = B7s\\Parallite\\Task::receive(120.0); } return $all; }")
                        .formatted(most));
    }

    private static Map<String, Object> message(String id, String to, Object value) {
        Map<String, Object> send = request("send", id);
        send.put("to", to);
        send.put("value", value);
        return send;
    }

    @Test
    void bringsMessagesToATaskOnAnotherNodeInOrder() {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient client = occupied(two);
        client.call(detached("a", taking(300)));
        client.send(task("lent", taking(1))); // waits until the other is done

        for (int i = 1; i <= 300; i++) {
            client.send(message("m" + i, "a", i));
        }
        for (int i = 1; i <= 300; i++) {
            assertThat(client.receive("m" + i).fields()).containsEntry("sent", true);
        }
        assertThat(client.call(request("await", "a")).result()).isEqualTo(upTo(300));
        assertThat(client.call(message("m", "lent", "hello")).fields()).containsEntry("sent", true);
        assertThat(client.receive("lent").result()).isEqualTo(List.of("hello"));
        client.call(message("late", "a", 1)).assertFailure("NOT_FOUND", "\"a\"");
        for (int i = 1; i <= 300; i++) { // each is refused by what Redis says
            client.call(message("n" + i, "nobody", 1)).assertFailure("NOT_FOUND", "nobody");
        }
        free(two);
        one.assertRestored();
    }

    @Test
    void bringsEachMessageOnceThoughConnectionsBreak() {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient client = occupied(two);
        client.call(detached("a", taking(400)));
        awaitRunning(two, "a");

        List<Integer> accepted = new ArrayList<>();
        for (int i = 1; accepted.size() < 400; i++) {
            client.send(message("m" + i, "a", i));
            if (i % 60 == 0) {
                redis.run("client", "kill", "type", i % 120 == 0 ? "pubsub" : "normal");
            }
            Reply reply = client.receive("m" + i);
            if (Boolean.TRUE.equals(reply.fields().get("sent"))) {
                accepted.add(i);
            } else {
                reply.assertFailure("CLUSTER_UNAVAILABLE");
            }
        }

        assertThat(client.call(request("await", "a")).result()).isEqualTo(accepted);
        free(two);
        one.assertRestored();
    }

    private static void awaitConnected(TestClient client, boolean expected) {
        await().until(
                        () ->
                                client.call(request("stats", "s"))
                                        .map("cluster")
                                        .get("connected")
                                        .equals(expected));
    }

    @Test
    void refusesMessagesWhileRedisIsAwayAndKeepsWhatTheTaskHasNotGot() {
        DaemonProcess one = node("one");
        TestClient client = occupied(one);
        client.call(detached("a", taking(2)));
        client.send(message("m1", "a", 1)); // nobody runs it yet
        await().until(() -> links("a").contains("m"));

        redis.kill();
        awaitConnected(client, false); // one on its way is kept, and sent when Redis is back
        client.call(message("m2", "a", 2)).assertFailure("CLUSTER_UNAVAILABLE");
        redis.restart();
        awaitConnected(client, true);
        client.send(message("m3", "a", 3));
        client.call(request("cancel", "keeps-busy-" + one.pid()));

        assertThat(client.receive("m1").fields()).containsEntry("sent", true);
        assertThat(client.call(request("await", "a")).result()).isEqualTo(List.of(1, 3));
        assertThat(client.receive("m3").fields()).containsEntry("sent", true);
        one.assertRestored();
    }
}
