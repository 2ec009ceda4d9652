package io.parallite.bench;

import io.parallite.bench.BenchPlan.ForDuration;
import io.parallite.bench.BenchPlan.ForTasks;
import io.parallite.bench.BenchResult.Traffic;
import io.parallite.bench.RunWindow.Phase;
import io.parallite.config.DaemonAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs a plan: one thread, one selector, all connections.
 *
 * <p>Closed loop (the default): each place sends its next task when the reply comes, so the load
 * follows the daemon's speed. Open loop ({@code --rate}): tasks are due at even intervals whatever
 * the replies do. A task whose turn comes while every place is taken is sent when one is free, and
 * its latency still counts from the moment it was due: a stall shows in every task it delayed, not
 * only in those it caught (no coordinated omission).
 *
 * <p>All state belongs to the thread in {@link #run}; only {@link #interrupt} may be called from
 * another. The {@link Pacer} of an open loop only wakes the selector.
 */
final class LoadGenerator implements AutoCloseable {

    private static final long SECOND = 1_000_000_000L;
    private static final long MILLISECOND = 1_000_000L;

    private final BenchPlan plan;
    private final BenchFrames frames;
    private final Progress progress;
    private final Measurements measurements = new Measurements();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final List<Connection> connections = new ArrayList<>();
    private final Selector selector;
    private final RunWindow window;
    private final @Nullable Pacer pacer;
    private final long interval;

    /** The start of the run: all moments are nanoseconds since. */
    private long origin;

    private volatile boolean interrupted;

    private long unsubmitted = Long.MAX_VALUE;
    private long lastActivity;

    private long nextDue;
    private boolean behind;
    private int nextConnection;

    LoadGenerator(BenchPlan plan, BenchFrames frames, Progress progress) throws IOException {
        this.plan = plan;
        this.frames = frames;
        this.progress = progress;
        this.selector = Selector.open();
        this.window = new RunWindow(plan.extent(), 0, measurements);
        if (plan.extent() instanceof ForTasks(long tasks)) {
            unsubmitted = tasks;
        }
        this.pacer = plan.rate() > 0 ? new Pacer(selector) : null;
        this.interval = plan.rate() > 0 ? Math.max(1, Math.round(SECOND / plan.rate())) : 0;
    }

    /**
     * Opens all connections.
     *
     * @throws IOException if one cannot be opened
     */
    void connect() throws IOException {
        // Closing a channel loads a library the first time, which fails once descriptors run out.
        SocketChannel.open().close();
        for (int number = 0; number < plan.connections(); number++) {
            SelectionKey key = open(plan.target()).register(selector, SelectionKey.OP_READ);
            Connection connection =
                    new Connection(key, number, plan.depth(), frames, measurements, this::now);
            key.attach(connection);
            connections.add(connection);
        }
    }

    private static SocketChannel open(DaemonAddress address) throws IOException {
        SocketChannel channel = SocketChannel.open(address.toSocketAddress());
        try {
            if (channel.getLocalAddress() instanceof InetSocketAddress) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            channel.configureBlocking(false);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** How many connections are open. */
    int connected() {
        return connections.size();
    }

    /** Ends a run early, from any thread; {@link #run} returns what was measured so far. */
    void interrupt() {
        interrupted = true;
        selector.wakeup();
    }

    /** Runs the plan to its end. */
    BenchResult run() throws IOException {
        origin = System.nanoTime();
        begin(0);
        long nextTick = SECOND;
        long now = 0;
        while (!interrupted && (sending(now) || inFlight() > 0)) {
            await(now, nextTick);
            now = now();
            if (now >= nextTick) {
                progress.tick(now, window.phase(), inFlight(), measurements);
                measurements.nextInterval(now);
                nextTick += SECOND;
                checkPatience(now);
            }
            submitDue(now);
            window.turn(now);
        }
        progress.end();
        window.end(now());
        return new BenchResult(
                window.elapsed(),
                measurements.latencies(),
                measurements.failures(),
                new Traffic(measurements.bytesOut(), measurements.bytesIn()),
                unsent(),
                interrupted);
    }

    @Override
    public void close() {
        closeConnections();
        if (pacer != null) {
            pacer.close();
        }
        try {
            selector.close();
        } catch (IOException e) {
            // Nothing depends on it.
        }
    }

    private void begin(long start) {
        lastActivity = start;
        window.turn(start);
        if (pacer != null) {
            submitDue(start);
            return;
        }
        for (int place = 0; place < plan.depth(); place++) {
            connections.forEach(connection -> submit(connection, start));
        }
        List.copyOf(connections).forEach(this::flush);
    }

    /** Waits for replies, at most until the next moment at which something else is to be done. */
    private void await(long now, long nextTick) throws IOException {
        long until = window.nextTurn(now, nextTick);
        if (pacer != null && sending(now) && nextDue > now && nextDue < until) {
            pacer.wakeAt(origin + nextDue);
        }
        selector.select(this::serve, Math.max(1, (until - now) / MILLISECOND));
    }

    /** Serves one ready connection: takes its replies, sends its next tasks. */
    private void serve(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        try {
            if (key.isReadable() && connection.receive(buffer) > 0) {
                long now = now();
                lastActivity = now;
                while (pacer == null && sending(now) && connection.hasFreePlace()) {
                    submit(connection, now);
                }
            }
            connection.flush();
        } catch (IOException e) {
            lost(connection, e);
        }
    }

    private void submit(Connection connection, long startedNanos) {
        if (unsubmitted > 0) {
            unsubmitted--;
            connection.submit(startedNanos);
        }
    }

    /**
     * At a constant rate: submits the tasks that are due, in turn over the connections with a free
     * slot.
     *
     * <p>The time of a task that waited for a slot, or for this thread, begins when it was due.
     * Only the imprecision of a timer is not counted.
     */
    private void submitDue(long now) {
        if (pacer == null || window.phase() == Phase.WAITING) {
            return;
        }
        int taken = 0;
        while (nextDue <= now && sending(nextDue) && taken < connections.size()) {
            nextConnection = (nextConnection + 1) % connections.size();
            Connection connection = connections.get(nextConnection);
            if (connection.hasFreePlace()) {
                boolean onTime = !behind && now - nextDue < MILLISECOND;
                submit(connection, onTime ? now : nextDue);
                flush(connection);
                nextDue += interval;
                lastActivity = now;
                taken = 0;
            } else {
                taken++;
            }
        }
        behind = nextDue <= now;
    }

    private void flush(Connection connection) {
        try {
            connection.flush();
        } catch (IOException e) {
            lost(connection, e);
        }
    }

    private void lost(Connection connection, IOException cause) {
        connections.remove(connection);
        connection.close();
        String message =
                "the connection to %s broke with %d in flight (%s); see the daemon's log"
                        .formatted(plan.target().text(), connection.inFlight(), cause.getMessage());
        measurements.failure("CONNECTION_LOST", message, Math.max(1, connection.inFlight()));
    }

    private void closeConnections() {
        connections.forEach(Connection::close);
        connections.clear();
    }

    private void checkPatience(long now) {
        int waiting = inFlight();
        if (waiting == 0 || now - lastActivity < plan.patience().toNanos()) {
            return;
        }
        String message =
                "no reply at all for %d s from %s; see the daemon's log"
                        .formatted(plan.patience().toSeconds(), plan.target().text());
        measurements.failure("NO_REPLY", message, waiting);
        closeConnections();
    }

    /** Tasks that were due in the time that has passed but found no free place. */
    private long unsent() {
        boolean endsByTime = plan.extent() instanceof ForDuration;
        return pacer != null && endsByTime
                ? Math.max(0, (Math.min(now(), window.closesAt()) - nextDue) / interval)
                : 0;
    }

    private long now() {
        return System.nanoTime() - origin;
    }

    private boolean sending(long now) {
        return unsubmitted > 0 && now < window.closesAt() && !connections.isEmpty();
    }

    private int inFlight() {
        int sum = 0;
        for (Connection connection : connections) {
            sum += connection.inFlight();
        }
        return sum;
    }
}
