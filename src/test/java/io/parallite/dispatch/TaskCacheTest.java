package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskCacheTest {

    private static final Duration RETENTION = Duration.ofMinutes(6);
    private static final long MAX = 100_000;

    private final ManualEngine engine = new ManualEngine();
    private final TaskCache cache = new TaskCache(engine, RETENTION, MAX);

    @Test
    void givesBackWhatItWasGiven() {
        TaskResult.Replied result = reply(1000);
        TaskStatus status =
                new TaskStatus(new TaskId("ü-😀"), TaskState.COMPLETED, 1, 2, 3, "wörk-1")
                        .named("nächtlicher Import");

        cache.put(status.id(), new TaskCache.Retained(-42, status, result));

        TaskCache.Retained found = cache.find(status.id());
        assertThat(found.fingerprint()).isEqualTo(-42);
        assertThat(found.status()).isEqualTo(status);
        assertThat(found.result()).isInstanceOf(TaskResult.Replied.class);
        assertThat(((TaskResult.Replied) found.result()).frame()).isEqualTo(result.frame());
        assertThat(found.result().ok()).isTrue();
    }

    @Test
    void keepsThatAReplyWasNotOk() {
        put("a", new TaskResult.Replied(new byte[10], false));

        TaskCache.Retained found = cache.find(new TaskId("a"));
        assertThat(found.result().ok()).isFalse();
        assertThat(found.status().state()).isEqualTo(TaskState.FAILED);
    }

    @ParameterizedTest
    @EnumSource(FailureKind.class)
    void keepsFailuresOfEveryKind(FailureKind kind) {
        TaskResult.Failed failure = new TaskResult.Failed(kind, "wörds");

        put("a", failure);

        assertThat(cache.find(new TaskId("a")).result()).isEqualTo(failure);
    }

    @Test
    void doesNotKnowWhatItWasNotGiven() {
        put("a", reply(10));

        assertThat(cache.find(new TaskId("b"))).isNull();
        assertThat(cache.find(new TaskId("aa"))).isNull();
    }

    @Test
    void tellsIdsOfTheSameHashApart() {
        assertThat(new TaskId("AaBB")).hasSameHashCodeAs(new TaskId("BBAa"));
        put("AaBB", reply(10));
        put("BBAa", reply(20));

        assertThat(length("AaBB")).isEqualTo(10);
        assertThat(length("BBAa")).isEqualTo(20);
    }

    @Test
    void staysWithinItsBytesAndLetsTheOldestGo() {
        for (int i = 0; i < 100; i++) {
            put("task-" + i, reply(5000));
            assertThat(cache.bytes()).isLessThanOrEqualTo(MAX);
        }

        assertThat(cache.size()).isBetween(15L, 20L);
        long kept = cache.size();
        for (int i = 0; i < 100; i++) {
            boolean isThere = cache.find(new TaskId("task-" + i)) != null;
            assertThat(isThere).as("task-%d", i).isEqualTo(i >= 100 - kept);
        }
    }

    @Test
    void chargesEntriesThatHoldNothing() {
        for (int i = 0; i < 10_000; i++) {
            put("task-" + i, reply(0));
        }

        assertThat(cache.bytes()).isLessThanOrEqualTo(MAX);
        assertThat(cache.size()).isLessThan(MAX / TaskCache.ENTRY_OVERHEAD + 1);
    }

    @Test
    void readingDoesNotMakeYounger() {
        put("old", reply(5000));
        for (int i = 0; i < 100; i++) {
            cache.find(new TaskId("old"));
            put("task-" + i, reply(5000));
        }

        assertThat(cache.find(new TaskId("old"))).isNull();
    }

    @Test
    void doesNotKeepWhatAloneIsOverTheBound() {
        put("small", reply(10));

        put("huge", reply((int) MAX));

        assertThat(cache.find(new TaskId("huge"))).isNull();
        assertThat(cache.find(new TaskId("small"))).isNotNull();
    }

    @Test
    void keepsWhatJustFitsInPlaceOfTheOthers() {
        put("small", reply(10));
        int largest = (int) MAX - 2 * TaskCache.ENTRY_OVERHEAD;

        put("large", reply(largest));

        assertThat(cache.find(new TaskId("large"))).isNotNull();
        assertThat(cache.bytes()).isLessThanOrEqualTo(MAX);
    }

    @Test
    void forgetsByTheClock() {
        put("a", reply(10));
        engine.advance(Duration.ofMinutes(1));
        put("b", reply(10));

        engine.advance(RETENTION.minusMinutes(1).minusMillis(1));
        assertThat(cache.find(new TaskId("a"))).isNotNull();
        engine.advance(Duration.ofMillis(1));

        assertThat(cache.find(new TaskId("a"))).isNull();
        assertThat(cache.find(new TaskId("b"))).isNotNull();
        cache.sweep();
        assertThat(cache.find(new TaskId("b"))).isNotNull();
    }

    @Test
    void expiredEntriesLeaveWithoutASweepWhileOthersCome() {
        for (int i = 0; i < 15; i++) {
            put("old-" + i, reply(5000));
        }
        engine.advance(RETENTION);
        put("a", reply(5000));
        put("b", reply(5000));

        assertThat(cache.size()).isEqualTo(2);
    }

    @Test
    void keepsTheNewestInLittleMemory() {
        TaskCache little = new TaskCache(engine, RETENTION, 1000);
        for (int i = 0; i < 100; i++) {
            TaskId id = new TaskId("task-" + i);
            little.put(id, retained(id, reply(i % 50)));
            assertThat(little.find(id)).isNotNull();
            assertThat(little.bytes()).isLessThanOrEqualTo(1000);
        }
    }

    @Test
    void sweepsDownToNothing() {
        for (int i = 0; i < 15; i++) {
            put("task-" + i, reply(5000));
        }

        engine.advance(RETENTION);
        cache.sweep();

        assertThat(cache.size()).isZero();
        assertThat(cache.bytes()).isZero();
    }

    @Test
    void replacesExpiredEntryOfTheSameId() {
        put("a", reply(10));
        engine.advance(RETENTION);
        put("a", reply(20));

        assertThat(length("a")).isEqualTo(20);
        cache.sweep();
        assertThat(length("a")).isEqualTo(20);
        engine.advance(RETENTION);
        cache.sweep();
        assertThat(cache.bytes()).isZero();
    }

    @Test
    void keepsNothingWhenItMayNot() {
        TaskCache none = new TaskCache(engine, RETENTION, 0);

        TaskId id = new TaskId("a");
        none.put(id, retained(id, reply(0)));

        assertThat(none.find(id)).isNull();
        assertThat(none.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void behavesLikeAMapThatForgetsTheOldest(long seed) {
        Random random = new Random(seed);
        TaskCache large = new TaskCache(engine, RETENTION, 4 << 20);
        Map<String, Integer> lengths = new HashMap<>();
        ArrayDeque<String> order = new ArrayDeque<>();
        for (int i = 0; i < 5000; i++) {
            String id = "task-" + i;
            int length = random.nextInt(random.nextInt(50) == 0 ? 2 << 20 : 4000);
            TaskId taskId = new TaskId(id);
            large.put(taskId, retained(taskId, reply(length)));
            lengths.put(id, length);
            order.add(id);
            while (order.size() > large.size()) {
                lengths.remove(order.remove());
            }
            String probe = "task-" + random.nextInt(i + 1);
            TaskCache.Retained found = large.find(new TaskId(probe));
            if (lengths.containsKey(probe)) {
                assertThat(((TaskResult.Replied) found.result()).frame())
                        .isEqualTo(reply(lengths.get(probe)).frame());
            } else {
                assertThat(found).as(probe).isNull();
            }
            assertThat(large.bytes()).isLessThanOrEqualTo(4 << 20);
        }
    }

    private void put(String id, TaskResult result) {
        TaskId taskId = new TaskId(id);
        cache.put(taskId, retained(taskId, result));
    }

    private int length(String id) {
        return ((TaskResult.Replied) cache.find(new TaskId(id)).result()).frame().length;
    }

    private static TaskCache.Retained retained(TaskId id, TaskResult result) {
        TaskState state = result.ok() ? TaskState.COMPLETED : TaskState.FAILED;
        return new TaskCache.Retained(7, new TaskStatus(id, state, 1, 2, 3, null), result);
    }

    private static TaskResult.Replied reply(int length) {
        byte[] frame = new byte[length];
        Arrays.fill(frame, (byte) length);
        return new TaskResult.Replied(frame, true);
    }
}
