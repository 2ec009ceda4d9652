package io.parallite.cluster.store;

import static io.parallite.cluster.store.ClusterFixture.NOT_VALID;
import static io.parallite.cluster.store.ClusterFixture.VALID;
import static io.parallite.cluster.store.ClusterFixture.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.cluster.store.TaskStore.Admission;
import io.parallite.cluster.store.TaskStore.Outcome;
import io.parallite.task.Delivery;
import io.parallite.task.FailureKind;
import io.parallite.task.Isolation;
import io.parallite.task.Priority;
import io.parallite.task.Retries;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.Terms;
import io.parallite.wire.TestFrames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each script on a real Redis, and what two nodes do to one task. */
final class TaskStoreIT {

    private static final Pattern PUBLISHED = Pattern.compile("cmdstat_publish:calls=(\\d+)");

    private static final Terms ONCE =
            new Terms(
                    null,
                    Isolation.NONE,
                    Priority.NORMAL,
                    null,
                    false,
                    null,
                    Delivery.AT_MOST_ONCE,
                    List.of(),
                    null,
                    null);

    private static RedisServer redis;
    private ClusterFixture cluster;
    private TaskStore here;
    private TaskStore there;

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
        here = cluster.node("here");
        there = cluster.node("there");
    }

    @AfterEach
    void disconnect() {
        cluster.close();
    }

    private static Terms of(Priority priority) {
        return new Terms(Isolation.NONE, priority, null, false, null);
    }

    private static Task detached(String id) {
        return ClusterFixture.detached(id);
    }

    private Admission enqueue(Task task) {
        return cluster.await(() -> here.enqueue(task));
    }

    private Claimed claim(TaskStore by) {
        List<Claimed> claimed = cluster.await(() -> by.claim(1, false)).tasks();
        assertThat(claimed).hasSize(1);
        return claimed.getFirst();
    }

    private boolean claimsNothing(TaskStore by) {
        return cluster.await(() -> by.claim(1, false)).tasks().isEmpty();
    }

    private Outcome outcome(String id) {
        return cluster.await(() -> here.await(new TaskId(id)));
    }

    private TaskResult.Failed failure(String id) {
        return (TaskResult.Failed) ((Outcome.Ended) outcome(id)).result();
    }

    private TaskState state(String id) {
        return cluster.await(() -> here.status(new TaskId(id))).orElseThrow().state();
    }

    private static TaskResult.Replied reply(String id) {
        return new TaskResult.Replied(
                TestFrames.json("{'task_id':'%s','ok':true,'result':1}".formatted(id)), true);
    }

    /** As a node would that was gone for longer than its leases are good. */
    private TaskStore.Reclaimed reclaim() {
        cluster.await(() -> here.heartbeat(VALID, Map.of(), List.of()));
        redis.run("del", "{parallite:test}:respite");
        redis.run("debug", "sleep", "0.01");
        return cluster.await(() -> here.reclaim(NOT_VALID, 3));
    }

    @Test
    void taskTravelsFromOneNodeToAnotherAndItsResultBack() {
        Task task = detached("a");

        assertThat(enqueue(task)).isEqualTo(Admission.QUEUED);
        assertThat(state("a")).isEqualTo(TaskState.PENDING);
        assertThat(outcome("a")).isEqualTo(new Outcome.Pending());
        Claimed claimed = claim(there);
        assertThat(claimed.frame()).isEqualTo(task.frame());
        assertThat(state("a")).isEqualTo(TaskState.RUNNING);
        assertThat(cluster.await(() -> there.complete(claimed.lease(), reply("a")))).isTrue();

        assertThat(state("a")).isEqualTo(TaskState.COMPLETED);
        TaskResult result = ((Outcome.Ended) outcome("a")).result();
        assertThat(((TaskResult.Replied) result).frame()).isEqualTo(reply("a").frame());
        assertThat(redis.run("xlen", "{parallite:test}:q:r1:normal").strip()).isEqualTo("0");
        assertThat(redis.run("ttl", "{parallite:test}:t:a").strip()).matches("8\\d{4}");
        assertThat(redis.run("hexists", "{parallite:test}:t:a", "frame").strip()).isEqualTo("0");
    }

    @Test
    void sameTaskIsStoredOnceAndAnotherOfItsIdIsRefused() {
        enqueue(detached("a"));

        assertThat(enqueue(detached("a"))).isEqualTo(Admission.KNOWN);
        assertThat(enqueue(task("a", "other", true, Terms.USUAL))).isEqualTo(Admission.CONFLICT);
        assertThat(claim(there).lease().id()).isEqualTo(new TaskId("a"));
        assertThat(claimsNothing(there)).isTrue();
    }

    @Test
    void backlogIsLimitedByWhatWaitsAndNotByWhatRuns() {
        TaskStore small = cluster.node("small", cluster.settings("r1", 2));
        cluster.await(() -> small.enqueue(detached("a")));
        cluster.await(() -> small.enqueue(detached("b")));

        assertThat(cluster.await(() -> small.enqueue(detached("c")))).isEqualTo(Admission.FULL);
        claim(there);
        assertThat(cluster.await(() -> small.enqueue(detached("c")))).isEqualTo(Admission.QUEUED);
    }

    @Test
    void taskOfAnotherReleaseIsNotClaimed() {
        TaskStore other = cluster.node("other", cluster.settings("r2", 100));
        enqueue(detached("a"));

        assertThat(claimsNothing(other)).isTrue();
        assertThat(claim(there).lease().id()).isEqualTo(new TaskId("a"));
    }

    @Test
    void highComesBeforeLowButNotAlways() {
        enqueue(task("low", "x", true, of(Priority.LOW)));
        enqueue(task("normal", "x", true, Terms.USUAL));
        enqueue(task("high", "x", true, of(Priority.HIGH)));

        assertThat(claim(there).lease().id().value()).isEqualTo("high");
        assertThat(
                        cluster.await(() -> there.claim(1, true))
                                .tasks()
                                .getFirst()
                                .lease()
                                .id()
                                .value())
                .isEqualTo("low");
        assertThat(claim(there).lease().id().value()).isEqualTo("normal");
    }

    @Test
    void leaseRunsOutUnlessItIsRenewed() {
        enqueue(detached("a"));
        Lease lease = claim(there).lease();

        assertThat(cluster.await(() -> there.heartbeat(VALID, Map.of(), List.of(lease))).lost())
                .isEmpty();
        assertThat(cluster.await(() -> here.reclaim(VALID, 3)).requeued()).isZero();
        assertThat(reclaim().requeued()).isEqualTo(1);
        assertThat(cluster.await(() -> there.heartbeat(VALID, Map.of(), List.of(lease))).lost())
                .containsExactly(new TaskId("a"));
        assertThat(state("a")).isEqualTo(TaskState.PENDING);
    }

    @Test
    void lateResultOfALostLeaseIsRefused() {
        enqueue(detached("a"));
        Lease late = claim(there).lease();
        reclaim();
        Lease current = claim(here).lease();

        assertThat(cluster.await(() -> there.complete(late, reply("a")))).isFalse();
        assertThat(state("a")).isEqualTo(TaskState.RUNNING);
        assertThat(cluster.await(() -> here.complete(current, reply("a")))).isTrue();
        assertThat(cluster.await(() -> there.complete(late, reply("a")))).isFalse();
        assertThat(cluster.await(() -> here.complete(current, reply("a"))))
                .as("a result that is stored twice, after a lost answer")
                .isTrue();
    }

    @Test
    void takesNoLeaseForLostWhileNobodyCouldRenewIt() {
        enqueue(detached("a"));
        claim(there);
        reclaim();
        Lease lease = claim(there).lease();
        redis.run("debug", "sleep", "0.01");
        redis.run("set", "{parallite:test}:pulse", "0"); // no heartbeat has come for long

        assertThat(cluster.await(() -> here.reclaim(NOT_VALID, 3)).requeued()).isZero();
        cluster.await(() -> here.heartbeat(VALID, Map.of(), List.of()));

        assertThat(cluster.await(() -> here.reclaim(NOT_VALID, 3)).requeued())
                .as("others have not had the time for a heartbeat yet")
                .isZero();
        assertThat(cluster.await(() -> there.complete(lease, reply("a")))).isTrue();
    }

    @Test
    void putsBackWhatWasClaimedByARequestWhoseReplyWasLost() {
        enqueue(detached("known"));
        enqueue(task("once", "x", true, ONCE));
        enqueue(detached("others"));
        Lease known = claim(there).lease();
        claim(there);
        Lease others = claim(here).lease();

        assertThat(cluster.await(() -> there.recover(List.of(known)))).isEqualTo(1);

        assertThat(cluster.await(() -> there.recover(List.of(known)))).isZero();
        Lease again = claim(here).lease();
        assertThat(again.id().value()).isEqualTo("once");
        for (Lease lease : List.of(again, others)) {
            assertThat(cluster.await(() -> here.complete(lease, reply(lease.id().value()))))
                    .isTrue();
        }
        assertThat(cluster.await(() -> there.complete(known, reply("known")))).isTrue();
    }

    @Test
    void heartbeatBringsWhatWaitsInTheCluster() {
        enqueue(task("high", "x", true, of(Priority.HIGH)));
        enqueue(detached("a"));
        enqueue(detached("b"));
        claim(there);

        ClusterLoad load = cluster.await(() -> here.heartbeat(VALID, Map.of(), List.of())).load();

        assertThat(load).isEqualTo(new ClusterLoad(0, 2, 0, 1, 0, 2));
    }

    @Test
    void cancelHoldsWhetherItComesBeforeTheReclaimOrAfter() {
        enqueue(detached("before"));
        enqueue(detached("after"));
        Lease before = claim(there).lease();
        Lease after = claim(there).lease();

        cluster.await(() -> here.cancel(before.id(), Duration.ZERO));
        assertThat(reclaim()).isEqualTo(new TaskStore.Reclaimed(1, 0, 0));
        cluster.await(() -> here.cancel(after.id(), Duration.ZERO));

        assertThat(claimsNothing(here)).isTrue();
        for (Lease lease : List.of(before, after)) {
            assertThat(failure(lease.id().value()).kind()).isEqualTo(FailureKind.CANCELLED);
            assertThat(cluster.await(() -> there.complete(lease, reply(lease.id().value()))))
                    .isFalse();
        }
        assertThat(
                        cluster.await(
                                        () ->
                                                there.heartbeat(
                                                        VALID, Map.of(), List.of(before, after)))
                                .lost())
                .containsExactly(before.id(), after.id());
    }

    @Test
    void taskThatMustRunOnceFailsWithItsNode() {
        enqueue(task("a", "x", true, ONCE));
        assertThat(claim(there).lease().mayRunAgain()).isFalse();

        assertThat(reclaim().lost()).isEqualTo(1);

        assertThat(failure("a").kind()).isEqualTo(FailureKind.NODE_LOST);
        assertThat(failure("a").message()).contains("node there was lost");
        assertThat(claimsNothing(here)).isTrue();
    }

    @Test
    void taskOfWhichThreeNodesDiedIsPutAsideAndMayBeRetriedOrDropped() {
        enqueue(detached("a"));
        for (int death = 1; death <= 3; death++) {
            claim(there);
            assertThat(reclaim().dead()).isEqualTo(death == 3 ? 1 : 0);
        }
        Registry registry = registry();

        assertThat(failure("a").kind()).isEqualTo(FailureKind.NODE_LOST);
        assertThat(claimsNothing(here)).isTrue();
        assertThat(cluster.await(() -> registry.deadLetters(10)).getFirst())
                .containsEntry("task_id", "a")
                .containsEntry("deaths", 3L)
                .containsEntry("error_code", "NODE_LOST");

        assertThat(cluster.await(() -> registry.retry(new TaskId("a")))).isTrue();
        assertThat(cluster.await(() -> registry.retry(new TaskId("a")))).isFalse();
        Lease again = claim(here).lease();
        assertThat(cluster.await(() -> here.bury(again, FailureKind.INVALID_REQUEST, "no")))
                .isTrue();
        assertThat(cluster.await(() -> registry.drop(new TaskId("a")))).isTrue();
        assertThat(outcome("a")).isEqualTo(new Outcome.Unknown());
        assertThat(redis.run("keys", "*t:a*").strip()).isEmpty();
    }

    private Registry registry() {
        ClusterSettings settings = cluster.settings("r1", 100);
        RedisLink link = cluster.link(settings);
        return new Registry(link, new Scripts(link, settings.prefix()));
    }

    @Test
    void cancelsTaskThatWaits() {
        enqueue(detached("a"));

        assertThat(cluster.await(() -> there.cancel(new TaskId("a"), Duration.ZERO)))
                .contains(new Cancellation(true, TaskState.CANCELLED));

        assertThat(claimsNothing(there)).isTrue();
        assertThat(failure("a").kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(cluster.await(() -> there.cancel(new TaskId("a"), Duration.ZERO)))
                .contains(new Cancellation(false, TaskState.CANCELLED));
        assertThat(cluster.await(() -> there.cancel(new TaskId("none"), Duration.ZERO))).isEmpty();
    }

    @Test
    void cancelsTaskThatRunsWhateverItsNodeSays() {
        enqueue(detached("a"));
        Lease lease = claim(there).lease();

        cluster.await(() -> here.cancel(new TaskId("a"), Duration.ZERO));

        assertThat(cluster.await(() -> there.heartbeat(VALID, Map.of(), List.of(lease))).lost())
                .containsExactly(new TaskId("a"));
        assertThat(cluster.await(() -> there.complete(lease, reply("a")))).isFalse();
        assertThat(failure("a").kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(reclaim()).isEqualTo(new TaskStore.Reclaimed(0, 0, 0));
    }

    @Test
    void returnedTaskGoesBeforeThoseThatWait() {
        enqueue(detached("a"));
        enqueue(detached("b"));
        Lease lease = claim(there).lease();

        assertThat(cluster.await(() -> there.giveBack(lease))).isTrue();

        assertThat(cluster.await(() -> there.giveBack(lease))).as("twice").isFalse();
        assertThat(claim(here).lease().id().value()).isEqualTo("a");
        assertThat(claim(here).lease().id().value()).isEqualTo("b");
    }

    @Test
    void awaitedTaskDiesWithItsOrigin() {
        enqueue(task("waits", "x", false, Terms.USUAL));
        enqueue(task("runs", "x", false, Terms.USUAL));
        cluster.await(() -> here.withdraw(new TaskId("waits"), ""));
        Lease lease = claim(there).lease();
        enqueue(task("waits", "x", false, Terms.USUAL));
        cluster.await(here::leave);

        assertThat(cluster.await(() -> there.heartbeat(VALID, Map.of(), List.of(lease))).lost())
                .containsExactly(new TaskId("runs"));
        assertThat(claimsNothing(there)).isTrue();
        assertThat(failure("waits").kind()).isEqualTo(FailureKind.CANCELLED);
    }

    @Test
    void originTakesBackWhatNobodyHasClaimed() {
        enqueue(task("a", "x", false, Terms.USUAL));
        assertThat(cluster.await(() -> here.withdraw(new TaskId("a"), ""))).isTrue();
        assertThat(claimsNothing(there)).isTrue();
        assertThat(outcome("a")).isEqualTo(new Outcome.Unknown());

        enqueue(task("a", "x", false, Terms.USUAL));
        claim(there);
        assertThat(cluster.await(() -> here.withdraw(new TaskId("a"), ""))).isFalse();
    }

    @Test
    void whoAwaitsWhatItsOriginTakesBackIsToldToLook() {
        enqueue(task("a", "x", false, Terms.USUAL));
        cluster.await(() -> there.await(new TaskId("a")));
        long before = published();

        cluster.await(() -> here.withdraw(new TaskId("a"), ""));

        assertThat(published() - before).isEqualTo(1);
        assertThat(cluster.await(() -> there.await(new TaskId("a"))))
                .isEqualTo(new Outcome.Unknown());
    }

    /** How many messages Redis was given to pass on. */
    private long published() {
        Matcher calls = PUBLISHED.matcher(redis.run("info", "commandstats"));
        return calls.find() ? Long.parseLong(calls.group(1)) : 0;
    }

    @Test
    void resultThatIsTooLongIsToldOnce() {
        enqueue(detached("a"));
        Lease lease = claim(there).lease();
        byte[] frame = new byte[64 * 1024 + 1];

        cluster.await(() -> there.complete(lease, new TaskResult.Replied(frame, true)));

        assertThat(failure("a").kind()).isEqualTo(FailureKind.RESULT_TOO_LARGE);
        assertThat(failure("a").message()).contains("65537").contains("65536");
    }

    @Test
    void resultThatSomebodyElseHasWrittenIsNotBelieved() {
        enqueue(detached("a"));
        Lease lease = claim(there).lease();
        cluster.await(() -> there.complete(lease, reply("a")));

        redis.run("hset", "{parallite:test}:t:a", "result", "code of an attacker");

        assertThat(failure("a").kind()).isEqualTo(FailureKind.INVALID_SIGNATURE);
    }

    @Test
    void scriptsThatRedisHasForgottenAreSentAgain() {
        enqueue(detached("a"));

        redis.run("script", "flush");

        assertThat(enqueue(detached("b"))).isEqualTo(Admission.QUEUED);
        assertThat(claim(there).lease().id().value()).isEqualTo("a");
    }

    @Test
    void fullMemoryRefusesNewTasksAndKeepsTheOldOnesGoing() {
        enqueue(detached("a"));
        Lease lease = claim(there).lease();
        redis.run("config", "set", "maxmemory", "1");
        try {
            assertThatExceptionOfType(LinkDownException.class)
                    .isThrownBy(() -> enqueue(detached("b")))
                    .withMessageContaining("OOM");
            assertThat(
                            cluster.await(
                                            () ->
                                                    there.heartbeat(
                                                            VALID, Map.of("x", 1), List.of(lease)))
                                    .lost())
                    .isEmpty();
            assertThat(outcome("a")).isEqualTo(new Outcome.Pending());
            assertThat(redis.run("smembers", "{parallite:test}:w:a").strip()).isEqualTo("here");
            assertThat(reclaim().requeued()).isEqualTo(1);
            Lease again = claim(here).lease();
            assertThat(cluster.await(() -> here.complete(again, reply("a")))).isTrue();
        } finally {
            redis.run("config", "set", "maxmemory", "0");
        }
        assertThat(state("a")).isEqualTo(TaskState.COMPLETED);
    }

    @Test
    void overviewHasNodesAndQueues() {
        enqueue(detached("a"));
        enqueue(detached("b"));
        claim(there);

        Registry registry = registry();
        Map<String, Object> overview = cluster.await(registry::overview);

        assertThat(overview.get("nodes").toString()).contains("id=here").contains("id=there");
        assertThat(overview.get("queues"))
                .isEqualTo(
                        List.of(
                                Map.of(
                                        "release", "r1", "waiting", 1L, "running", 1L, "delayed",
                                        0L)));
    }

    @Test
    void saysWhatMayLoseTasks() {
        Registry registry = registry();
        assertThat(cluster.await(registry::inspect).problems()).isEmpty();

        redis.run("config", "set", "maxmemory-policy", "allkeys-lru");
        redis.run("config", "set", "appendonly", "no");
        try {
            assertThat(cluster.await(registry::inspect).problems())
                    .anyMatch(problem -> problem.contains("maxmemory-policy noeviction"))
                    .anyMatch(problem -> problem.contains("appendonly yes"));
        } finally {
            redis.run("config", "set", "maxmemory-policy", "noeviction");
            redis.run("config", "set", "appendonly", "yes");
        }
    }

    private static Task detached(String id, Delivery delivery) {
        return ClusterFixture.task(
                id,
                "x",
                true,
                new Terms(
                        null,
                        Isolation.NONE,
                        Priority.LOW,
                        null,
                        false,
                        null,
                        delivery,
                        List.of(),
                        null,
                        null));
    }

    private static Delivery after(Duration delay) {
        return new Delivery(false, delay, Retries.NONE, null);
    }

    private static Delivery retried(int times) {
        return new Delivery(
                false,
                Duration.ZERO,
                new Retries(times, Duration.ofMillis(1), Retries.USUAL_CODES),
                null);
    }

    private static Delivery alone(String key) {
        return new Delivery(false, Duration.ZERO, Retries.NONE, key);
    }

    /** Has the time come for which a task waits. */
    private void makeDue(String id) {
        redis.run("zadd", "{parallite:test}:later:r1", "1", id);
    }

    @Test
    void delayedTaskIsNotClaimedBeforeItsTime() {
        enqueue(detached("later", after(Duration.ofHours(20))));
        enqueue(detached("soonest", after(Duration.ofHours(10))));

        assertThat(claimsNothing(there)).isTrue();
        assertThat(state("later")).isEqualTo(TaskState.PENDING);
        assertThat(outcome("later")).isEqualTo(new Outcome.Pending());
        assertThat(cluster.await(there::promote).orElseThrow())
                .as("until the soonest")
                .isPositive()
                .isLessThanOrEqualTo(Duration.ofHours(10));

        makeDue("later");
        assertThat(cluster.await(there::promote)).isPresent();
        assertThat(claim(there).lease().id().value()).isEqualTo("later");
        makeDue("soonest");
        assertThat(cluster.await(() -> here.heartbeat(VALID, Map.of(), List.of())).next())
                .isEmpty();
        assertThat(claim(there).lease().id().value()).isEqualTo("soonest");
        assertThat(redis.run("zcard", "{parallite:test}:later:r1").strip()).isEqualTo("0");
    }

    @Test
    void delayedTaskCountsAndCanBeCancelled() {
        TaskStore small = cluster.node("small", cluster.settings("r1", 1));
        cluster.await(() -> small.enqueue(detached("a", after(Duration.ofHours(1)))));
        assertThat(cluster.await(() -> small.enqueue(detached("b")))).isEqualTo(Admission.FULL);

        assertThat(cluster.await(() -> there.cancel(new TaskId("a"), Duration.ZERO)))
                .contains(new Cancellation(true, TaskState.CANCELLED));

        assertThat(failure("a").kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(redis.run("zcard", "{parallite:test}:later:r1").strip()).isEqualTo("0");
        assertThat(cluster.await(there::promote)).isEmpty();
    }

    @Test
    void failedTaskRunsAgainAsOftenAsItHasAskedForAndLaterEachTime() {
        enqueue(detached("a", retried(2)));
        for (int attempt = 0; attempt < 3; attempt++) {
            Lease lease = claim(there).lease();
            TaskResult failed =
                    new TaskResult.Failed(FailureKind.WORKER_CRASHED, "attempt " + attempt);
            TaskStore.Stored stored =
                    cluster.await(() -> there.completeOrRetry(lease, failed, 0.5));
            if (attempt < 2) {
                assertThat(stored).isInstanceOf(TaskStore.Stored.Again.class);
                assertThat(state("a")).isEqualTo(TaskState.PENDING);
                assertThat(cluster.await(() -> there.completeOrRetry(lease, failed, 0.5)))
                        .as("a second word of the same attempt")
                        .isInstanceOf(TaskStore.Stored.Refused.class);
                makeDue("a");
            } else {
                assertThat(stored).isInstanceOf(TaskStore.Stored.Done.class);
            }
        }

        assertThat(failure("a").message()).isEqualTo("attempt 2");
    }

    @Test
    void delayBeforeAnotherAttemptDoubles() {
        Delivery delivery =
                new Delivery(
                        false,
                        Duration.ZERO,
                        new Retries(9, Duration.ofMinutes(10), Retries.USUAL_CODES),
                        null);
        enqueue(detached("a", delivery));
        TaskResult failed = new TaskResult.Failed(FailureKind.WORKER_CRASHED, "no");
        for (int minutes : List.of(5, 10, 20, 30, 30)) { // an hour is the longest
            Lease lease = claim(there).lease();
            assertThat(cluster.await(() -> there.completeOrRetry(lease, failed, 0.5)))
                    .isEqualTo(new TaskStore.Stored.Again(Duration.ofMinutes(minutes)));
            makeDue("a");
        }
    }

    @Test
    void keyBelongsToOneTaskUntilItHasEnded() {
        assertThat(enqueue(detached("a", alone("invoice-7")))).isEqualTo(Admission.QUEUED);
        assertThat(enqueue(detached("a", alone("invoice-7")))).isEqualTo(Admission.KNOWN);
        assertThat(enqueue(detached("b", alone("invoice-7")))).isEqualTo(Admission.TAKEN);
        assertThat(enqueue(detached("c", alone("invoice-8")))).isEqualTo(Admission.QUEUED);
        Lease lease = claim(there).lease();
        assertThat(enqueue(detached("b", alone("invoice-7")))).isEqualTo(Admission.TAKEN);

        cluster.await(() -> there.complete(lease, reply("a")));

        assertThat(enqueue(detached("b", alone("invoice-7")))).isEqualTo(Admission.QUEUED);
        cluster.await(() -> there.cancel(new TaskId("b"), Duration.ZERO));
        assertThat(enqueue(detached("d", alone("invoice-7")))).isEqualTo(Admission.QUEUED);
    }

    @Test
    void consumersOfDeadNodesAreForgotten() {
        enqueue(detached("a"));
        claim(there);
        reclaim();
        cluster.await(there::leave);

        reclaim();

        assertThat(redis.run("xinfo", "consumers", "{parallite:test}:q:r1:normal"))
                .doesNotContain("there");
    }
}
