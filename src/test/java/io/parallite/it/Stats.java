package io.parallite.it;

import java.util.List;
import java.util.Map;

/** What a daemon says of itself in the answer to {@code stats}. */
record Stats(Reply reply) {

    long fixed() {
        return pool("fixed_workers");
    }

    long idle() {
        return pool("idle");
    }

    long busy() {
        return pool("busy");
    }

    /** Processes that are on their way in or out. */
    long inTransit() {
        return pool("starting") + pool("ending");
    }

    long restarts() {
        return pool("restarts");
    }

    long queued() {
        return ((Number) reply.map("queue").get("length")).longValue();
    }

    long tasks(String figure) {
        return ((Number) reply.map("tasks").get(figure)).longValue();
    }

    long cache(String figure) {
        return ((Number) reply.map("cache").get(figure)).longValue();
    }

    /** The worker processes, with name, pid, state, served and task_id. */
    List<Worker> workers() {
        return new Reply(reply.map("pool"))
                .list("workers").stream().map(Reply::new).map(Worker::new).toList();
    }

    /** Whether every lease is back, every slot filled and nothing waits. */
    boolean isAtRest() {
        return idle() == fixed()
                && busy() == 0
                && inTransit() == 0
                && queued() == 0
                && tasks("in_flight") == 0;
    }

    private long pool(String figure) {
        Map<String, Object> pool = reply.map("pool");
        return ((Number) pool.get(figure)).longValue();
    }

    /** One worker process. */
    record Worker(Reply fields) {

        String name() {
            return fields.text("name");
        }

        long pid() {
            return fields.number("pid");
        }

        /** How many tasks it has answered. */
        long served() {
            return fields.number("served");
        }

        boolean isOnDemand() {
            return name().contains("-temp-");
        }
    }
}
