package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DrainTest {

    private final List<String> events = new ArrayList<>();
    private int inFlight = 1;
    private final Drain drain = new Drain(() -> inFlight);

    @Test
    void notifiesEachWaiterOnceWhenTheLastTaskHasEnded() {
        begin("one");
        begin("two");
        drain.onTaskEnded();
        assertThat(events).containsExactly("one begun", "two begun");

        inFlight = 0;
        drain.onTaskEnded();
        drain.onTaskEnded();

        assertThat(events).containsExactly("one begun", "two begun", "one", "two");
        assertThat(drain.isActive()).isTrue();
    }

    @Test
    void notifiesAtOnceWhenNothingIsInFlight() {
        inFlight = 0;

        begin("one");

        assertThat(events).containsExactly("one begun", "one");
    }

    @Test
    void staysActiveWhenItsWaiterHasGone() {
        drain.begin(() -> {}).subscribe().with(ignored -> events.add("gone")).cancel();
        inFlight = 0;
        drain.onTaskEnded();

        assertThat(events).isEmpty();
        assertThat(drain.isActive()).isTrue();
    }

    @Test
    void acceptsTasksAgainAfterItsEnd() {
        begin("one");
        drain.end();

        assertThat(drain.isActive()).isFalse();
    }

    @Test
    void stopsOnceAfterTheLastTask() {
        drain.onStopped(() -> events.add("stopped"));
        drain.onTaskEnded();
        assertThat(events).isEmpty();

        inFlight = 0;
        drain.onTaskEnded();
        drain.onTaskEnded();

        assertThat(events).containsExactly("stopped");
    }

    private void begin(String name) {
        drain.begin(() -> events.add(name + " begun")).subscribe().with(i -> events.add(name));
    }
}
