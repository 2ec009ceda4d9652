package io.parallite.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of one priority that have tasks, in the order in which they are served. Owned by the
 * engine's thread.
 */
final class Turns {

    private final ArrayDeque<Lane> turns = new ArrayDeque<>();
    private final Set<Lane> held = new LinkedHashSet<>();

    /** Gives {@code lane} a place, unless it has one, is held, or has no task. */
    void list(Lane lane) {
        if (!lane.isListed && !held.contains(lane) && lane.first() != null) {
            lane.isListed = true;
            turns.addLast(lane);
        }
    }

    /** {@code lane} is not held any longer. */
    void onReleased(Lane lane) {
        held.remove(lane);
        list(lane);
    }

    /** The lane whose turn it is, taken out; {@code null} when none may be served. */
    @Nullable Lane poll() {
        for (Lane lane = turns.poll(); lane != null; lane = turns.poll()) {
            lane.isListed = false;
            if (lane.isHeld()) {
                held.add(lane);
            } else if (lane.first() != null) {
                return lane;
            }
        }
        return null;
    }

    /** The same past lanes that have isolated tasks only. */
    @Nullable Lane pollOrdinary() {
        for (Iterator<Lane> lanes = turns.iterator(); lanes.hasNext(); ) {
            Lane lane = lanes.next();
            if (!lane.isHeld() && lane.firstOrdinary() != null) {
                lanes.remove();
                lane.isListed = false;
                return lane;
            }
        }
        return null;
    }

    /** The task that is next, for a worker that has run none or for any. */
    @Nullable Waiter<?> peek(boolean isFresh) {
        for (Lane lane : turns) {
            Waiter<?> next = lane.isHeld() ? null : isFresh ? lane.first() : lane.firstOrdinary();
            if (next != null) {
                return next;
            }
        }
        return null;
    }

    /** How many isolated tasks are in lanes that are not held. */
    int servableIsolated() {
        int count = 0;
        for (Lane lane : turns) {
            count += lane.isHeld() ? 0 : lane.isolated();
        }
        return count;
    }

    /** All of them, held or not. */
    List<Lane> lanes() {
        List<Lane> all = new ArrayList<>(turns);
        all.addAll(held);
        return all;
    }
}
