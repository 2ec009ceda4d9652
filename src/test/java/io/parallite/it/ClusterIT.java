package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.cluster.store.RedisServer;
import io.parallite.deploy.Tool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Daemons that share tasks over a real Redis, and what is lost when something breaks: nothing. */
@DisplayName("A cluster of daemons")
final class ClusterIT {

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
        return node(builder(name));
    }

    private DaemonProcess node(DaemonBuilder builder) {
        DaemonProcess node = builder.startAtRest();
        nodes.add(node);
        ClusterNodes.awaitRest(node);
        return node;
    }

    private DaemonBuilder builder(String name) {
        return new ClusterNodes(redis, directory).builder(name, 1);
    }

    /** Notes in a file which node has run which task, each on a line of its own. */
    private String traced(String code) {
        return closure(
                "function () { file_put_contents('%s', getenv('WORKER_NAME') . \"\\n\", FILE_APPEND); %s }"
                        .formatted(directory.resolve("trace"), code));
    }

    private List<String> trace() {
        try {
            Path file = directory.resolve("trace");
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitTrace(int runs) {
        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(trace()).hasSizeGreaterThanOrEqualTo(runs));
    }

    private static Map<String, Object> detached(String id, String payload) {
        Map<String, Object> submit = task(id, payload);
        submit.put("detach", true);
        return submit;
    }

    private static void accept(TestClient client, Map<String, Object> submit) {
        Reply reply = client.call(submit);
        assertThat(reply.fields()).as("acknowledgement").containsEntry("ok", true);
    }

    private static Object resultOf(DaemonProcess node, String id) {
        try (TestClient client = node.connect()) {
            return client.call(request("await", id)).result();
        }
    }

    private static Reply replyTo(DaemonProcess node, String id) {
        try (TestClient client = node.connect()) {
            return client.call(request("await", id));
        }
    }

    private static Object stateOf(DaemonProcess node, String id) {
        try (TestClient client = node.connect()) {
            return client.call(request("status", id)).fields().get("status");
        }
    }

    @Test
    void runsDetachedTasksWhereverAWorkerIsFreeAndTellsTheirResultsEverywhere() {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        DaemonProcess three = node("three");
        TestClient client = one.connect();
        for (int i = 0; i < 12; i++) {
            accept(
                    client,
                    detached("t" + i, traced("usleep(200000); return getenv('WORKER_NAME');")));
        }

        for (int i = 0; i < 12; i++) {
            Object byTwo = resultOf(two, "t" + i);
            assertThat(byTwo).isEqualTo(resultOf(three, "t" + i));
            assertThat(stateOf(one, "t" + i)).isEqualTo("completed");
        }
        assertThat(trace()).hasSize(12).contains("one-1", "two-1", "three-1");
        assertThat(replyTo(two, "never").errorCode()).isEqualTo("NOT_FOUND");
    }

    @Test
    void keepsDetachedTasksWhenTheNodeThatAcceptedThemIsKilled() {
        DaemonProcess one = node("one");
        TestClient client = one.connect();
        accept(client, detached("busy", sleep(60_000)));
        await().until(() -> "running".equals(stateOf(one, "busy")));
        accept(client, detached("waits", closure("fn () => 'done'")));
        one.killHard();

        DaemonProcess two = node("two");

        assertThat(resultOf(two, "waits")).isEqualTo("done");
    }

    @Test
    void runsTaskAgainWhoseNodeWasKilledButNotOneThatMustRunOnce() {
        DaemonProcess origin = node("origin");
        TestClient client = origin.connect();
        client.send(task("keeps-origin-busy", sleep(600_000)));
        await().until(() -> origin.stats().busy() == 1);
        DaemonProcess one = node("one");
        String again =
                "sleep(getenv('WORKER_NAME') === 'one-1' ? 600 : 0); return getenv('WORKER_NAME');";
        accept(client, detached("again", traced(again)));
        awaitTrace(1);
        DaemonProcess two = node("two");
        Map<String, Object> once = detached("once", traced("sleep(600);"));
        once.put("at_most_once", true);
        accept(client, once);
        awaitTrace(2);

        one.killHard();
        two.killHard();

        assertThat(trace()).containsExactly("one-1", "two-1");
        client.call(request("cancel", "keeps-origin-busy"));
        assertThat(resultOf(origin, "again")).isEqualTo("origin-1");
        replyTo(origin, "once").assertFailure("NODE_LOST", "was lost");
        assertThat(trace()).containsExactly("one-1", "two-1", "origin-1");
    }

    @Test
    void refusesTheResultOfANodeThatWasStoppedForLongerThanItsLease() {
        DaemonProcess one = node("one");
        TestClient client = one.connect();
        Gate gate = Gate.in(directory);
        String waitsOnOne =
                "if (getenv('WORKER_NAME') === 'one-1') { %s } return getenv('WORKER_NAME');"
                        .formatted(gate.await());
        accept(client, detached("a", traced(waitsOnOne)));
        awaitTrace(1);
        one.signal("STOP");
        gate.open();
        DaemonProcess two = node("two");

        assertThat(resultOf(two, "a")).isEqualTo("two-1");
        one.signal("CONT");

        await().untilAsserted(
                        () ->
                                assertThat(one.log())
                                        .containsAnyOf(
                                                "a late result was refused", "lease is lost"));
        assertThat(resultOf(two, "a")).isEqualTo("two-1");
        assertThat(resultOf(one, "a")).isEqualTo("two-1");
        one.assertRestored();
    }

    @Test
    void goesOnHereWhileRedisIsAwayAndDeliversResultsAfterwards() {
        DaemonProcess one = node("one");
        TestClient client = one.connect();
        accept(client, detached("a", traced("sleep(2); return 'kept';")));
        awaitTrace(1);
        TestClient waiting = one.connect();
        waiting.send(request("await", "a"));

        redis.kill();

        await().untilAsserted(
                        () ->
                                client.call(detached("refused", closure("fn () => 1")))
                                        .assertFailure("CLUSTER_UNAVAILABLE"));
        assertThat(client.submit("local", closure("fn () => 'here'")).result()).isEqualTo("here");
        redis.restart();

        assertThat(waiting.receive("a").result()).isEqualTo("kept");
        await().untilAsserted(
                        () ->
                                assertThat(
                                                client.call(
                                                                detached(
                                                                        "after",
                                                                        closure("fn () => 2")))
                                                        .fields())
                                        .containsEntry("ok", true));
        assertThat(resultOf(one, "after")).isEqualTo(2);
        assertThat(trace()).hasSize(1);
    }

    @Test
    void survivesTheLossOfItsConnectionsAndOfItsScripts() {
        DaemonProcess one = node("one");
        TestClient client = one.connect();
        for (int round = 0; round < 3; round++) {
            redis.run("client", "kill", "type", "normal");
            redis.run("client", "kill", "type", "pubsub");
            redis.run("script", "flush");
            String id = "t" + round;
            await().untilAsserted(
                            () ->
                                    assertThat(
                                                    client.call(
                                                                    detached(
                                                                            id,
                                                                            closure(
                                                                                    "fn () => 'ok'")))
                                                            .fields())
                                            .containsEntry("ok", true));
            assertThat(resultOf(one, id)).isEqualTo("ok");
        }
    }

    @Test
    void givesBackAtOnceWhatItHasNotFinishedWhenItStops() {
        DaemonProcess one = node(builder("one").flags("--shutdown-grace-ms", "200"));
        TestClient client = one.connect();
        accept(
                client,
                detached(
                        "a",
                        traced("sleep(getenv('WORKER_NAME') === 'one-1' ? 60 : 0); return 1;")));
        awaitTrace(1);
        DaemonProcess two = node("two");
        nodes.remove(one);
        one.close();

        replyTo(two, "a");

        assertThat(trace()).containsExactly("one-1", "two-1");
        assertThat(two.log()).as("nobody had to find it").doesNotContain("lost nodes");
    }

    /** The user has the rights that cluster.md gives it, and no others. */
    @Test
    void joinsOverTlsAsAUserOfItsOwn() throws IOException {
        redis.close();
        Certificates.make(directory);
        redis = RedisServer.startWithTls(directory);
        String rights = "~{parallite:parallite}:* &{parallite:parallite}:* +@all -@dangerous +info";
        String user = "ACL SETUSER nodes on >swordfish-swordfish " + rights;
        assertThat(redis.run(user.split(" ")).strip()).isEqualTo("OK");

        DaemonProcess one = node(overTls("one", "ca.pem"));
        DaemonProcess two = node(overTls("two", "ca.pem"));
        try (TestClient client = one.connect()) {
            client.send(task("keeps-one-busy", sleep(600_000)));
            await().until(() -> one.stats().busy() == 1);
            accept(client, detached("a", traced("return 7;")));

            replyTo(one, "a").assertResult(7);
            assertThat(trace()).containsExactly("two-1");
            client.call(request("cancel", "keeps-one-busy"));
        }
        one.assertRestored();
        two.assertRestored();
    }

    @Test
    void tellsNoPasswordToARedisThatIsAnothers() throws IOException {
        redis.close();
        Certificates.make(directory);
        redis = RedisServer.startWithTls(directory);
        try (DaemonProcess node = overTls("one", "stranger.pem").startAtRest()) {
            await().until(() -> node.log().contains("Redis"));
            assertThat(redis.run("ACL", "LOG")).as("who has tried to log in").isBlank();
            try (TestClient client = node.connect()) {
                assertThat(client.call(detached("a", traced("return 7;"))).errorCode())
                        .isEqualTo("CLUSTER_UNAVAILABLE");
            }
        }
    }

    private DaemonBuilder overTls(String name, String authority) {
        return builder(name)
                .env("PARALLITE_CLUSTER_URL", redis.tlsUrl("nodes", "swordfish-swordfish"))
                .env("PARALLITE_CLUSTER_CA_FILE", directory.resolve(authority).toString())
                .env(
                        "PARALLITE_CLUSTER_CERTIFICATE_FILE",
                        directory.resolve("client.pem").toString())
                .env("PARALLITE_CLUSTER_KEY_FILE", directory.resolve("client.key").toString());
    }

    /** What a log shows of them is the same. */
    @Test
    void tellsIdsApartThatLookAlike() {
        DaemonProcess one = node("one");
        TestClient client = one.connect();
        String words = "x".repeat(200);
        List<String> ids = List.of("x y", "x_y", "x\ny", words + "1", words + "2");
        for (int i = 0; i < ids.size(); i++) {
            accept(client, detached(ids.get(i), traced("return %d;".formatted(i))));
        }

        for (int i = 0; i < ids.size(); i++) {
            assertThat(resultOf(one, ids.get(i))).isEqualTo(i);
        }
        assertThat(trace()).hasSize(ids.size());
    }

    private static Reply clusterOf(TestClient client) {
        return new Reply(client.call(request("stats", "stats")).map("cluster"));
    }

    @Test
    void acceptsTasksWhileRedisIsAwayAsFarAsItsOutboxAllows() {
        DaemonProcess one = node(builder("one").env("PARALLITE_CLUSTER_OUTBOX_BYTES", "20000"));
        TestClient client = one.connect();
        redis.kill();
        await().until(() -> clusterOf(client).fields().get("connected").equals(false));

        int accepted = 0;
        Reply last = client.call(detached("t0", traced("return 1;")));
        while (last.ok()) {
            accepted++;
            last = client.call(detached("t" + accepted, traced("return 1;")));
        }

        last.assertFailure("CLUSTER_UNAVAILABLE");
        assertThat(accepted).isBetween(2, 20_000 / 512);
        assertThat(clusterOf(client).map("outbox")).containsEntry("tasks", accepted);
        assertThat(client.call(detached("t0", traced("return 1;"))).ok()).isTrue(); // again
        client.call(detached("t0", traced("return 2;"))).assertFailure("CONFLICT");
        assertThat(stateOf(one, "t0")).isEqualTo("pending");
        assertThat(client.call(request("cancel", "t1")).fields()).containsEntry("cancelled", true);

        redis.restart();

        replyTo(one, "t0").assertResult(1);
        for (int i = 2; i < accepted; i++) {
            assertThat(resultOf(one, "t" + i)).isEqualTo(1);
        }
        replyTo(one, "t1").assertFailure("NOT_FOUND");
        assertThat(trace()).hasSize(accepted - 1);
        assertThat(clusterOf(client).map("outbox")).containsEntry("tasks", 0);
    }

    @Test
    void saysHowManyTasksItLosesThatItAcceptedWhileRedisWasAway() {
        DaemonProcess one = node(builder("one").env("PARALLITE_CLUSTER_OUTBOX_BYTES", "20000"));
        try (TestClient client = one.connect()) {
            redis.kill();
            await().until(() -> clusterOf(client).fields().get("connected").equals(false));
            accept(client, detached("a", traced("return 1;")));
        }

        assertThat(one.stop().log()).contains("accepted while Redis was unreachable: 1");
    }

    @Test
    void cancelsATaskThatIsBeingTakenBackFromALostNode() {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient client = two.connect();
        client.send(task("keeps-two-busy", sleep(600_000)));
        await().until(() -> two.stats().busy() == 1);
        accept(client, detached("a", traced("sleep(600);")));
        awaitTrace(1);
        one.signal("STOP");
        await().until(() -> "pending".equals(stateOf(two, "a")));

        assertThat(client.call(request("cancel", "a")).fields()).containsEntry("cancelled", true);
        one.signal("CONT");

        replyTo(two, "a").assertFailure("CANCELLED");
        one.assertRestored();
        assertThat(trace()).containsExactly("one-1");
        client.call(request("cancel", "keeps-two-busy"));
    }

    @Test
    void runsNothingTwiceBecauseRedisPaused() {
        DaemonProcess one = node("one");
        node("two");
        TestClient client = one.connect();
        accept(client, detached("a", traced("sleep(9); return 'once';")));
        awaitTrace(1);

        redis.run("client", "pause", "7500", "all"); // for longer than a lease is good
        client.send(detached("b", traced("return 'late';")));

        assertThat(client.receive("b").fields()).containsEntry("ok", true);
        assertThat(resultOf(one, "a")).isEqualTo("once");
        assertThat(resultOf(one, "b")).isEqualTo("late");
        assertThat(trace()).hasSize(2);
    }

    @Test
    void goesOnWithWhatItHasWhileTheMemoryOfRedisIsFull() {
        DaemonProcess one = node("one");
        TestClient client = one.connect();
        accept(client, detached("runs", traced("sleep(3); return 'stored';")));
        awaitTrace(1);
        accept(client, detached("waits", traced("return 'run';")));

        redis.run("config", "set", "maxmemory", "1");

        client.call(detached("refused", closure("fn () => 1")))
                .assertFailure("CLUSTER_UNAVAILABLE", "OOM");
        assertThat(resultOf(one, "runs")).isEqualTo("stored");
        assertThat(resultOf(one, "waits")).isEqualTo("run");
        assertThat(client.submit("local", closure("fn () => 'here'")).result()).isEqualTo("here");
        redis.run("config", "set", "maxmemory", "0");
        accept(client, detached("refused", closure("fn () => 1")));
        assertThat(resultOf(one, "refused")).isEqualTo(1);
    }

    @Test
    void losesNothingWhenItsNodesAreReplacedOneAfterTheOther() {
        String payload = traced("usleep(20000); return 'done';");
        List<DaemonProcess> running = new ArrayList<>();
        for (String name : List.of("one", "two", "three")) {
            running.add(node(name));
        }
        TestClient first = running.getFirst().connect();
        for (int i = 0; i < 500; i++) {
            accept(first, detached("t" + i, payload));
        }

        for (int i = 0; i < 3; i++) {
            DaemonProcess old = running.remove(0);
            nodes.remove(old);
            old.close();
            running.add(node("next" + i));
        }

        try (TestClient last = running.getFirst().connect()) {
            for (int i = 0; i < 500; i++) {
                assertThat(last.call(request("await", "t" + i)).result()).isEqualTo("done");
            }
        }
        assertThat(trace()).hasSize(500);
    }

    /** Of a node's clock nothing is asked: leases are as old as Redis says. */
    @Test
    void doesNotMindAClockThatIsOffByAnHour() {
        assumeTrue(Tool.isInstalled("cc"), "no C compiler is installed");
        DaemonProcess one = node("one");
        DaemonProcess early = node(off("early", -3600));
        DaemonProcess late = node(off("late", 3600));
        assertThat(late.log().substring(0, 13)).isGreaterThan(one.log().substring(0, 13));
        try (TestClient client = late.connect()) {
            for (String id : List.of("a", "b", "c")) { // for longer than a lease is good
                accept(client, detached(id, traced("sleep(8); return getenv('WORKER_NAME');")));
            }
            awaitTrace(3);
            Reply seen = client.call(request("nodes", "nodes"));
            assertThat(seen.list("nodes"))
                    .hasSize(3)
                    .allMatch(each -> new Reply(each).number("seen_ms") < 60_000);
        }

        for (String id : List.of("a", "b", "c")) {
            assertThat(resultOf(early, id)).isEqualTo(resultOf(one, id));
        }
        assertThat(trace()).containsExactlyInAnyOrder("one-1", "early-1", "late-1");
    }

    /** One whose time of day is another one. */
    private DaemonBuilder off(String name, int seconds) {
        Path library = directory.resolve("shifted-clock.so");
        Path source = Distribution.resource("shifted-clock.c");
        Tool.tool("cc", "-shared", "-fPIC", "-o", library, source).run().ok();
        return builder(name)
                .env("LD_PRELOAD", library.toString())
                .env("SHIFT_SECONDS", String.valueOf(seconds));
    }

    @Test
    void cancelsTasksOnWhateverNodeTheyAre() {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient client = two.connect();
        client.send(task("keeps-two-busy", sleep(600_000)));
        await().until(() -> two.stats().busy() == 1);
        accept(client, detached("runs", traced("sleep(60);")));
        awaitTrace(1);
        accept(client, detached("waits", traced("return 1;")));

        // the one that waits first, for the other's worker is free once that is cancelled
        for (String id : List.of("waits", "runs")) {
            assertThat(client.call(request("cancel", id)).fields())
                    .containsEntry("cancelled", true)
                    .containsEntry("status", "failed");
            replyTo(one, id).assertFailure("CANCELLED");
        }

        one.assertRestored();
        client.call(request("cancel", "keeps-two-busy"));
        assertThat(trace()).containsExactly("one-1");
    }

    @Test
    void neverRunsWhatIsNotSigned() {
        DaemonProcess one = node("one");
        TestClient client = one.connect();
        accept(client, detached("busy", sleep(600_000)));
        await().until(() -> "running".equals(stateOf(one, "busy")));
        accept(client, detached("forged", traced("return 1;")));
        redis.run("hset", "{parallite:parallite}:t:forged", "mac", "an attacker's");
        client.call(request("cancel", "busy"));

        replyTo(one, "forged").assertFailure("INVALID_SIGNATURE", "cluster_secret_file");

        assertThat(trace()).isEmpty();
        assertThat(
                        Cli.in(directory)
                                .env("PARALLITE_SOCKET", one.socket())
                                .run("dead", "list")
                                .out())
                .contains("forged");
    }

    @Test
    void delaysAndRepeatsDetachedTasksAndRunsOneOfAKeyAtATime() {
        DaemonProcess one = node("one");
        TestClient client = one.connect();
        Gate gate = Gate.in(directory);
        Map<String, Object> delayed = detached("delayed", traced("return microtime(true);"));
        delayed.put("delay_ms", 5000);
        Map<String, Object> flaky =
                detached(
                        "flaky",
                        traced(
                                "if (count(file('%s')) < 3) { throw new RuntimeException('not yet'); } %s return 'now';"
                                        .formatted(directory.resolve("trace"), gate.await())));
        flaky.put("retries", 5);
        flaky.put("retry_delay_ms", 100);
        flaky.put("unique", "key");

        accept(client, flaky);
        Map<String, Object> second = detached("second", traced("return 1;"));
        second.put("unique", "key");
        client.call(second).assertFailure("CONFLICT", "unique=\"key\"");
        gate.open();
        assertThat(resultOf(one, "flaky")).isEqualTo("now");
        long before = System.currentTimeMillis();
        accept(client, delayed);

        assertThat(trace()).hasSize(3);
        assertThat(stateOf(one, "delayed")).isEqualTo("pending");
        assertThat((Double) resultOf(one, "delayed")).isGreaterThan((before + 5000) / 1000.0);
        accept(client, second);
        assertThat(resultOf(one, "second")).isEqualTo(1);

        Map<String, Object> other =
                detached("other", closure("fn () => throw new LogicException()"));
        other.put("retries", 5);
        other.put("retry_on", "TIMEOUT");
        accept(client, other);
        replyTo(one, "other").assertFailure("EXCEPTION");
    }

    @Test
    void keepsNoDelaysWithoutACluster() {
        try (DaemonProcess alone = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = alone.connect()) {
            Map<String, Object> delayed = detached("a", closure("fn () => 1"));
            delayed.put("delay_ms", 1);
            client.call(delayed).assertFailure("CLUSTER_UNAVAILABLE", "cluster_url");
            Map<String, Object> awaited = task("b", closure("fn () => 1"));
            awaited.put("retries", 1);
            client.call(awaited).assertFailure("INVALID_REQUEST", "detach");
        }
    }

    @Test
    void runsATaskOnlyWhereItsReleaseIs() {
        DaemonProcess blue = node(builder("blue").env("PARALLITE_CLUSTER_RELEASE", "blue"));
        TestClient client = blue.connect();
        client.send(task("busy", sleep(3_000)));
        await().until(() -> blue.stats().busy() == 1);
        DaemonProcess green = node(builder("green").env("PARALLITE_CLUSTER_RELEASE", "green"));

        accept(client, detached("a", traced("return 1;")));

        assertThat(resultOf(green, "a")).isEqualTo(1);
        assertThat(trace()).containsExactly("blue-1");
    }

    @Test
    void tellsOnceWhatIsTooLong() {
        DaemonProcess one = node(builder("one").env("PARALLITE_CLUSTER_MAX_PAYLOAD_BYTES", "4096"));
        TestClient client = one.connect();
        String longTask = closure("fn () => strlen('%s')".formatted("x".repeat(5000)));

        client.call(detached("long", longTask))
                .assertFailure("PAYLOAD_TOO_LARGE", "cluster_max_payload_bytes=4096");
        assertThat(client.submit("here", longTask).result()).isEqualTo(5000);
        accept(client, detached("verbose", traced("return str_repeat('x', 5000);")));

        replyTo(one, "verbose").assertFailure("RESULT_TOO_LARGE", "cluster_max_payload_bytes=4096");
        assertThat(trace()).hasSize(1);
    }

    @Test
    void lendsAwaitedTasksToOtherNodesWhenNoWorkerIsFreeHere() {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient client = one.connect();
        client.send(task("busy", sleep(600_000)));
        await().until(() -> one.stats().busy() == 1);

        for (int i = 0; i < 20; i++) {
            client.send(task("t" + i, traced("return getenv('WORKER_NAME');")));
        }

        for (int i = 0; i < 20; i++) {
            assertThat(client.receive("t" + i).result()).isEqualTo("two-1");
        }
        assertThat(trace()).hasSize(20);
        client.call(request("cancel", "busy"));
        one.assertRestored();
        two.assertRestored();
    }

    @Test
    void takesBackAwaitedTasksThatNobodyHasClaimed() {
        DaemonProcess one = node("one");
        TestClient client = one.connect();
        client.send(task("busy", sleep(3_000)));
        await().until(() -> one.stats().busy() == 1);

        for (int i = 0; i < 40; i++) {
            client.send(task("t" + i, traced("return 1;")));
        }

        for (int i = 0; i < 40; i++) {
            assertThat(client.receive("t" + i).result()).isEqualTo(1);
        }
        assertThat(trace()).hasSize(40);
    }

    @Test
    void cancelsALentTaskWithItsOrigin() {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient client = one.connect();
        client.send(task("busy", sleep(600_000)));
        await().until(() -> one.stats().busy() == 1);
        client.send(task("lent", traced("sleep(600);")));
        client.send(task("cancelled", traced("sleep(600);")));
        awaitTrace(1);
        assertThat(two.stats().busy()).isEqualTo(1);

        try (TestClient other = one.connect()) {
            other.call(request("cancel", "cancelled"));
        }
        client.receive("cancelled").assertFailure("CANCELLED");
        one.killHard();

        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(two.stats().busy()).isZero());
        two.assertRestored();
        assertThat(trace()).containsExactly("two-1");
    }

    @Test
    void neverRunsALentTaskTwice() {
        DaemonProcess one = node("one");
        DaemonProcess two = node("two");
        TestClient client = one.connect();
        client.send(task("busy", sleep(600_000)));
        await().until(() -> one.stats().busy() == 1);
        client.send(task("lent", traced("sleep(600);")));
        awaitTrace(1);

        two.killHard();

        client.receive("lent").assertFailure("NODE_LOST", "is not run again");
        assertThat(trace()).containsExactly("two-1");
        client.call(request("cancel", "busy"));
        one.assertRestored();
    }

    @Test
    void putsATaskAsideOfWhichThreeNodesDied() {
        DaemonProcess origin = node("origin");
        TestClient client = origin.connect();
        client.send(task("busy", sleep(600_000)));
        await().until(() -> origin.stats().busy() == 1);
        List<DaemonProcess> victims = List.of(node("one"), node("two"), node("three"));
        accept(client, detached("poison", traced("sleep(120);")));
        for (int deaths = 1; deaths <= 3; deaths++) {
            awaitTrace(deaths);
            String last = trace().getLast().replace("-1", "");
            DaemonProcess victim = victims.get(List.of("one", "two", "three").indexOf(last));
            victim.killHard();
        }

        replyTo(origin, "poison").assertFailure("NODE_LOST", "2 before");

        assertThat(trace()).hasSize(3).doesNotHaveDuplicates();
        Cli cli = Cli.in(directory).env("PARALLITE_SOCKET", origin.socket());
        assertThat(cli.run("dead").assertExit(0).out()).contains("poison").contains("NODE_LOST");
        assertThat(cli.run("dead", "show", "poison").assertExit(0).out()).contains("deaths     3");
        cli.run("dead", "drop", "poison").assertExit(0);
        cli.run("dead", "drop", "poison").assertExit(1);
        client.call(request("cancel", "busy"));
    }

    @Test
    void doesNotStartInClearTextOffLoopbackOrWithoutASecret() {
        DaemonProcess.Ended clear =
                builder("one").env("PARALLITE_CLUSTER_URL", "redis://:hush@10.1.2.3:6379").run();
        assertThat(clear.exitCode()).isEqualTo(78);
        assertThat(clear.log())
                .contains("cluster_url=***")
                .contains("clear text")
                .doesNotContain("hush");

        DaemonProcess.Ended unsigned = daemon().env("PARALLITE_CLUSTER_URL", redis.url()).run();
        assertThat(unsigned.exitCode()).isEqualTo(78);
        assertThat(unsigned.log()).contains("cluster_secret_file");

        DaemonProcess.Ended brief =
                new ClusterNodes(redis, directory).builder("two", 1, "short").run();
        assertThat(brief.exitCode()).isEqualTo(78);
        assertThat(brief.log()).contains("a secret of 5 bytes");
    }

    @Test
    void loadsNothingOfItWhenItIsOff() {
        try (DaemonProcess alone =
                        daemon("--fixed-workers", "1").jvm("-Xlog:class+load").startAtRest();
                TestClient client = alone.connect()) {
            assertThat(client.submit("a", closure("fn () => 1")).result()).isEqualTo(1);
            client.call(request("nodes", "n")).assertFailure("CLUSTER_UNAVAILABLE", "cluster_url");

            assertThat(alone.log().lines())
                    .anyMatch(line -> line.contains("io.parallite.dispatch.Dispatcher"))
                    .noneMatch(line -> line.contains("io.parallite.cluster."))
                    .noneMatch(line -> line.contains("io.vertx.redis."));
        }
    }
}
