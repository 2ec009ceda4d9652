package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import io.parallite.task.Priority;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TaskQueueTest {

    private int served;
    private final TaskQueue queue =
            new TaskQueue(new ManualEngine(), Duration.ofDays(1), () -> 1, () -> served++);
    private final Lane lane = queue.newLane();
    private final Lane other = queue.newLane();
    private long now = 1000;

    @Test
    void keepsTheOrderOfALane() {
        add(lane, "a", "b", "c");

        assertThat(pollAll()).containsExactly("a", "b", "c");
        assertThat(queue.size()).isZero();
    }

    @Test
    void servesLanesInTurn() {
        add(lane, "a1", "a2", "a3");
        add(other, "b1", "b2");

        assertThat(pollAll()).containsExactly("a1", "b1", "a2", "b2", "a3");
    }

    @Test
    void laneThatWasEmptyTakesItsTurnAtTheEnd() {
        add(lane, "a1", "a2");
        queue.poll(false);
        add(other, "b1");

        assertThat(pollAll()).containsExactly("a2", "b1");
    }

    @Test
    void passesOverHeldLanes() {
        add(lane, "a1", "a2");
        add(other, "b1");
        lane.hold();

        assertThat(pollAll()).containsExactly("b1");
        assertThat(queue.size()).isEqualTo(2);
        assertThat(queue.isServable()).isFalse();
    }

    @Test
    void servesReleasedLaneAgain() {
        add(lane, "a1", "a2");
        lane.hold();
        queue.poll(false);
        add(lane, "a3");

        lane.release();

        assertThat(served).isEqualTo(1);
        assertThat(pollAll()).containsExactly("a1", "a2", "a3");
    }

    @Test
    void tellsOfReleaseThoughNobodyHasAskedForTheLaneMeanwhile() {
        lane.hold();
        add(lane, "a1");

        lane.release();

        assertThat(served).isEqualTo(1);
    }

    @Test
    void releaseOfAnEmptyOrFreeLaneTellsNobody() {
        lane.release();
        lane.hold();
        lane.release();

        assertThat(served).isZero();
    }

    @Test
    void withdrawnTasksAreNeitherServedNorCounted() {
        Waiter<?> first = add(lane, "a1").getFirst();
        Waiter<?> second = add(lane, "a2").getFirst();
        add(lane, "a3");

        queue.remove(second);
        queue.remove(second);
        queue.remove(first);

        assertThat(queue.size()).isEqualTo(1);
        assertThat(pollAll()).containsExactly("a3");
        assertThat(queue.size()).isZero();
    }

    /** Its payload may be large, and its place in the queue far behind a long task. */
    @Test
    void keepsNothingOfATaskThatWasRemoved() {
        Waiter<?> first = add(lane, "a1").getFirst();
        Waiter<?> second = add(lane, "a2").getFirst();
        Waiter<?> third = add(lane, "a3").getFirst();

        queue.remove(second);

        assertThat(lane.first()).isSameAs(first);
        assertThat(first.next).isSameAs(third);
        assertThat(third.previous).isSameAs(first);
        assertThat(second.previous).isNull();
        assertThat(second.next).isNull();
    }

    @Test
    void withdrawingWhatWasServedChangesNothing() {
        add(lane, "a1", "a2");
        Waiter<?> served = queue.poll(false);
        served.settle();

        queue.remove(served);

        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void laneOfWithdrawnTasksIsNotServable() {
        Waiter<?> only = add(lane, "a1").getFirst();

        queue.remove(only);

        assertThat(queue.isServable()).isFalse();
        assertThat(queue.poll(false)).isNull();
        assertThat(queue.oldest()).isNull();
    }

    @Test
    void takesOutWhatIsTooOldFromAllLanes() {
        add(lane, "a1");
        now = 2000;
        add(other, "b1");
        add(lane, "a2");
        now = 3000;
        add(other, "b2");
        other.hold();

        assertThat(ids(queue.takeQueuedUntil(2000))).containsExactlyInAnyOrder("a1", "b1", "a2");
        assertThat(queue.size()).isEqualTo(1);
        assertThat(queue.oldest().task.id().value()).isEqualTo("b2");
    }

    @Test
    void knowsTheOldestOfAllLanes() {
        now = 5000;
        add(lane, "young");
        now = 4000;
        add(other, "old");

        assertThat(queue.oldest().task.id().value()).isEqualTo("old");
    }

    @Test
    void takesOutEverythingHeldOrNot() {
        add(lane, "a1", "a2");
        add(other, "b1");
        other.hold();
        queue.poll(false);
        queue.poll(false);
        add(lane, "a3");

        assertThat(ids(queue.takeAll())).containsExactlyInAnyOrder("b1", "a3");
        assertThat(queue.size()).isZero();
    }

    @Test
    void taskThatComesBackGoesFirstInItsLane() {
        add(lane, "a1", "a2");
        Waiter<?> first = queue.poll(false);
        add(other, "b1");

        queue.addFirst(waiter(first.task.id().value(), lane));

        assertThat(queue.size()).isEqualTo(3);
        assertThat(pollAll()).containsExactly("a1", "b1", "a2");
    }

    @Test
    void takesOutEverythingThoughATaskCameBack() {
        add(lane, "a1", "a2");
        now = 2000;
        queue.addFirst(waiter("back", lane));

        assertThat(ids(queue.takeAll())).containsExactly("back", "a1", "a2");
        assertThat(queue.size()).isZero();
    }

    @Test
    void laneKnowsSinceWhenItsFirstTaskWaits() {
        assertThat(lane.waitsSince(7000)).isEqualTo(7000);
        add(lane, "a1");
        now = 2000;
        add(lane, "a2");

        assertThat(lane.waitsSince(7000)).isEqualTo(1000);
    }

    @Test
    void usedWorkerPassesIsolatedTasks() {
        addIsolated(lane, "a1");
        add(lane, "a2");
        addIsolated(other, "b1");

        assertThat(queue.peek(false).task.id().value()).isEqualTo("a2");
        assertThat(pollAll()).containsExactly("a2");
        assertThat(queue.ordinary()).isZero();
        assertThat(queue.isolated()).isEqualTo(2);
        assertThat(queue.size()).isEqualTo(2);
    }

    @Test
    void freshWorkerGetsWhatHasWaitedLongestInTheLaneThatIsNext() {
        addIsolated(lane, "a1");
        now = 2000;
        add(lane, "a2");
        add(other, "b1");
        now = 3000;
        addIsolated(other, "b2");

        assertThat(pollAll(true)).containsExactly("a1", "b1", "a2", "b2");
    }

    @Test
    void laneThatWasPassedKeepsItsTurn() {
        addIsolated(lane, "a1");
        add(other, "b1", "b2", "b3");

        queue.poll(false);
        queue.poll(false);

        assertThat(pollAll(true)).containsExactly("a1", "b3");
    }

    @Test
    void isolatedTasksOfHeldLanesAreNotServable() {
        addIsolated(lane, "a1", "a2");
        addIsolated(other, "b1");
        lane.hold();

        assertThat(queue.servableIsolated()).isEqualTo(1);
        assertThat(pollAll(true)).containsExactly("b1");
        lane.release();
        assertThat(queue.servableIsolated()).isEqualTo(2);
    }

    @Test
    void takesOutIsolatedTasksOnly() {
        Waiter<?> withdrawn = addIsolated(lane, "a1", "a2").getFirst();
        add(lane, "a3");
        queue.remove(withdrawn);

        assertThat(ids(queue.takeIsolated())).containsExactly("a2");
        assertThat(queue.isolated()).isZero();
        assertThat(pollAll()).containsExactly("a3");
    }

    @Test
    void knowsTheOldestOfThoseThatAnyWorkerMayRun() {
        addIsolated(lane, "old");
        now = 2000;
        add(lane, "young");

        assertThat(queue.oldest().task.id().value()).isEqualTo("old");
        assertThat(queue.oldestOrdinary().task.id().value()).isEqualTo("young");
    }

    @Test
    void servesTasksOfHighPriorityFirstWhateverTheirClient() {
        add(lane, "a1", "a2");
        add(other, Priority.HIGH, "b1");
        add(lane, Priority.LOW, "a3");
        add(lane, Priority.HIGH, "a4");

        assertThat(queue.size()).isEqualTo(5);
        assertThat(queue.ordinary()).isEqualTo(5);
        assertThat(pollAll()).containsExactly("b1", "a4", "a1", "a2", "a3");
        assertThat(queue.size()).isZero();
    }

    @Test
    void tasksOfLowPriorityAge() {
        add(lane, Priority.LOW, "low");
        now += Duration.ofSeconds(29).toNanos();
        add(lane, "before it");
        now += Duration.ofSeconds(2).toNanos();
        add(lane, "behind it");
        add(lane, Priority.HIGH, "high, but 30 s are not over");
        now += Duration.ofSeconds(30).toNanos();
        add(lane, Priority.HIGH, "too late");

        assertThat(pollAll())
                .containsExactly(
                        "high, but 30 s are not over", "before it", "low", "behind it", "too late");
    }

    @Test
    void servesTheDeepestOfNestedTasksFirst() {
        add(lane, "program's");
        add(lane.nested(1), "child");
        add(other.nested(2), "grandchild");
        add(lane.nested(1).in(queue, Priority.LOW), "no more than a program's");
        now += Duration.ofSeconds(31).toNanos();
        add(lane.nested(1), "late child");

        assertThat(pollAll())
                .containsExactly(
                        "grandchild",
                        "child",
                        "program's",
                        "no more than a program's",
                        "late child");
    }

    @Test
    void holdsAllPrioritiesOfALane() {
        add(lane, "a1");
        add(lane, Priority.HIGH, "a2");
        add(other, Priority.LOW, "b1");
        lane.hold();

        assertThat(pollAll()).containsExactly("b1");
        assertThat(queue.isServable()).isFalse();
        lane.release();
        assertThat(pollAll()).containsExactly("a2", "a1");
    }

    @Test
    void servesIsolatedTasksOfAnyPriorityByFreshWorkersOnly() {
        Waiter<?> isolated = waiter("isolated", lane.in(queue, Priority.HIGH), true);
        queue.add(isolated);
        add(lane, "ordinary");

        assertThat(queue.servableIsolated()).isEqualTo(1);
        assertThat(queue.peek(false).task.id().value()).isEqualTo("ordinary");
        assertThat(pollAll(false)).containsExactly("ordinary");
        assertThat(pollAll(true)).containsExactly("isolated");
    }

    @Test
    void takesOutTasksOfAllPriorities() {
        add(lane, Priority.LOW, "low");
        add(lane, "normal");
        add(other, Priority.HIGH, "high");

        assertThat(ids(queue.takeAll())).containsExactlyInAnyOrder("low", "normal", "high");
        assertThat(queue.size()).isZero();
    }

    private List<Waiter<?>> add(Lane to, Priority priority, String... ids) {
        return add(to.in(queue, priority), ids);
    }

    private List<Waiter<?>> addIsolated(Lane to, String... ids) {
        List<Waiter<?>> added = new ArrayList<>();
        for (String id : ids) {
            Waiter<?> waiter = waiter(id, to, true);
            queue.add(waiter);
            added.add(waiter);
        }
        return added;
    }

    private List<Waiter<?>> add(Lane to, String... ids) {
        List<Waiter<?>> added = new ArrayList<>();
        for (String id : ids) {
            Waiter<?> waiter = waiter(id, to);
            queue.add(waiter);
            added.add(waiter);
        }
        return added;
    }

    private Waiter<?> waiter(String id, Lane in) {
        return waiter(id, in, false);
    }

    private Waiter<?> waiter(String id, Lane in, boolean isIsolated) {
        return new Waiter<>(
                PoolFixture.task(id),
                in,
                now,
                isIsolated,
                lease -> Uni.createFrom().nothing(),
                new IgnoringEmitter<>());
    }

    private List<String> pollAll() {
        return pollAll(false);
    }

    private List<String> pollAll(boolean isFresh) {
        List<Waiter<?>> polled = new ArrayList<>();
        for (Waiter<?> next = queue.poll(isFresh); next != null; next = queue.poll(isFresh)) {
            polled.add(next);
        }
        return ids(polled);
    }

    private static List<String> ids(List<Waiter<?>> waiters) {
        return waiters.stream().map(waiter -> waiter.task.id().value()).toList();
    }
}
