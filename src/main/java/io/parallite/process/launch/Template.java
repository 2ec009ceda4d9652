package io.parallite.process.launch;

import io.parallite.engine.Deadline;
import io.parallite.engine.NamedPipeInput;
import io.parallite.process.TemplateSnapshot;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerStartException;
import io.parallite.process.tree.WorkerLaunch;
import io.parallite.process.tree.WorkerProcess;
import io.parallite.wire.Encoding;
import io.parallite.wire.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A worker process that has booted and runs no task: workers are forked from it.
 *
 * <pre>
 *   BOOTING ──says that it may be forked──▶ READY
 *      │  └────says that it may not──────▶ UNFIT   waiting and later workers are started one by one
 *      └───────────────┬──────────────────────┘
 *                      ▼ its process ends
 *                    GONE                          waiting requests fail
 * </pre>
 *
 * <p>One request is in flight at a time; forks that are wanted meanwhile go into the next one. A
 * fork is a child of the daemon: it lives on when the template ends. Owned by the engine's thread.
 */
final class Template implements WorkerChannel.Listener, WorkerStarter {

    private static final Logger LOG = Logger.getLogger(Template.class);

    /** In the environment of a template. */
    private static final String VARIABLE = "PARALLITE_WORKER_TEMPLATE";

    /** How many forks are asked for at once. */
    private static final int MOST_AT_ONCE = 32;

    private enum State {
        BOOTING,
        READY,
        UNFIT,
        GONE
    }

    private record Order(
            WorkerLaunch launch,
            Consumer<WorkerProcess> onStarted,
            Consumer<WorkerStartException> onFailed) {}

    /** An order that is being carried out. */
    private record Fork(Order order, NamedPipeInput stderr) {}

    private final SocketTransport transport;
    private final WorkerLauncher launcher;
    private final Path stub;
    private final StartMethod method;
    private final Runnable onForked;
    private final Deadline patience;
    private final ArrayDeque<Order> waiting = new ArrayDeque<>();
    private List<Fork> underWay = List.of();
    private State state = State.BOOTING;
    private long worker = -1;
    private boolean isDismissed;
    private Duration startTimeout = Duration.ZERO;
    private @Nullable WorkerChannel channel;
    private @Nullable WorkerStartException bootFailure;
    private @Nullable String objection;

    /**
     * @param transport starts its process, and makes the files that its forks need
     * @param stub where its script is put, which PHP reads from standard input
     * @param method why it is there
     * @param onForked called for each worker that was forked
     */
    Template(
            SocketTransport transport,
            WorkerLauncher launcher,
            Path stub,
            StartMethod method,
            Runnable onForked) {
        this.transport = transport;
        this.launcher = launcher;
        this.stub = stub;
        this.method = method;
        this.onForked = onForked;
        this.patience = new Deadline(transport.engine(), this::onLate);
    }

    /** Starts its process. */
    void boot(WorkerName name, WorkerCommand command) {
        startTimeout = command.startTimeout();
        try {
            String script = command.script().toString().replace("\\", "\\\\").replace("'", "\\'");
            Files.writeString(stub, "<?php require '" + script + "';\n");
        } catch (IOException e) {
            onNotOpened(new WorkerStartException("%s cannot be written: %s".formatted(stub, e)));
            return;
        }
        WorkerStarter asTemplate =
                (launch, onStarted, onFailed) ->
                        launcher.launch(launch.asTemplate(stub, VARIABLE), onStarted, onFailed);
        var _ =
                transport
                        .start(name, command, this, asTemplate)
                        .subscribe()
                        .with(this::onOpened, this::onNotOpened);
    }

    private void onOpened(WorkerChannel opened) {
        channel = opened;
        opened.write(Encoding.JSON.encode(Map.of("type", "inspect")));
    }

    /** Whether it is ready or boots. */
    boolean isAlive() {
        return state != State.GONE;
    }

    /** Whether it must not be forked, so that workers are started. */
    boolean isUnfit() {
        return state == State.UNFIT;
    }

    /**
     * What it is like now.
     *
     * @param booted how many templates there have been
     * @param forks how many workers were forked, by all of them
     */
    TemplateSnapshot snapshot(int booted, long forks) {
        WorkerChannel opened = channel;
        boolean isThere = state == State.READY || state == State.BOOTING;
        return new TemplateSnapshot(
                state.name().toLowerCase(Locale.ROOT),
                opened != null && isThere ? opened.pid() : 0,
                booted,
                forks,
                objection);
    }

    private void onNotOpened(Throwable failure) {
        bootFailure =
                failure instanceof WorkerStartException known
                        ? known
                        : new WorkerStartException("no template: " + failure);
        end();
    }

    // Orders

    @Override
    public void launch(
            WorkerLaunch launch,
            Consumer<WorkerProcess> onStarted,
            Consumer<WorkerStartException> onFailed) {
        if (state == State.UNFIT) {
            launcher.launch(launch, onStarted, onFailed);
            return;
        }
        waiting.add(new Order(launch, onStarted, onFailed));
        if (state == State.GONE) {
            failAll();
        } else {
            forkNext();
        }
    }

    private void forkNext() {
        if (state != State.READY || channel == null || !underWay.isEmpty() || waiting.isEmpty()) {
            return;
        }
        List<Map<String, Object>> workers = new ArrayList<>();
        List<Fork> forks = new ArrayList<>();
        while (!waiting.isEmpty() && forks.size() < MOST_AT_ONCE) {
            Order order = waiting.remove();
            try {
                NamedPipeInput stderr = transport.stderr(order.launch.sibling(".err"));
                forks.add(new Fork(order, stderr));
                workers.add(order.launch.forFork(stderr.path()));
            } catch (IOException e) {
                order.onFailed.accept(
                        new WorkerStartException(
                                "worker %s cannot be forked: %s"
                                        .formatted(order.launch.name(), e.getMessage())));
            }
        }
        if (!forks.isEmpty()) {
            underWay = forks;
            worker = launcher.expectForks(channel.pid());
            patience.arm(startTimeout);
            channel.write(Encoding.JSON.encode(Map.of("type", "fork", "workers", workers)));
        }
    }

    // What it says

    @Override
    public void onFrame(byte[] frame) {
        try {
            Map<String, Object> fields = Encoding.of(frame).decodeAll(frame);
            switch (String.valueOf(fields.get("type"))) {
                case "template" -> onBooted(fields);
                case "forked" ->
                        onForked(fields.get("pids") instanceof List<?> pids ? pids : List.of());
                default -> onGarbage("sent a frame of an unknown type");
            }
        } catch (RequestException e) {
            onGarbage("sent no frame: " + e.getMessage());
        }
    }

    private void onBooted(Map<String, Object> fields) {
        if (fields.get("open") instanceof List<?> open && !open.isEmpty()) {
            LOG.infof(
                    "workers share with their template what bootstrap or php_includes have left open: %s; close it there, or open it anew in Hooks::afterFork()",
                    open);
        }
        if (fields.get("objection") instanceof String why) {
            LOG.logf(
                    method.whenImpossible(), "workers are started one by one, not forked: %s", why);
            objection = why;
            state = State.UNFIT;
            startAll();
            dismiss();
            return;
        }
        state = State.READY;
        LOG.debugf("workers are forked from pid=%d", channel == null ? 0 : channel.pid());
        forkNext();
        endIfDone();
    }

    private void startAll() {
        while (!waiting.isEmpty()) {
            Order order = waiting.remove();
            launcher.launch(order.launch, order.onStarted, order.onFailed);
        }
    }

    private void onForked(List<?> answer) {
        patience.disarm();
        List<Fork> forks = underWay;
        List<Integer> pids = new ArrayList<>();
        for (int i = 0; i < forks.size(); i++) {
            boolean isThere = i < answer.size() && answer.get(i) instanceof Number;
            pids.add(isThere ? ((Number) answer.get(i)).intValue() : 0);
        }
        List<WorkerLaunch> launches = forks.stream().map(fork -> fork.order.launch).toList();
        launcher.enclose(worker, pids, launches, () -> onEnclosed(pids));
    }

    private void onEnclosed(List<Integer> pids) {
        if (state == State.GONE) {
            pids.forEach(launcher::abandon);
            return;
        }
        List<Fork> forks = underWay;
        underWay = List.of();
        for (int i = 0; i < forks.size(); i++) {
            Fork fork = forks.get(i);
            int pid = pids.get(i);
            if (pid > 0) {
                adopt(fork, pid);
            } else {
                fail(
                        fork,
                        "the system has no room for another process; raise ulimit -u or pids.max");
            }
        }
        launcher.forksAreKnown(worker, true);
        forkNext();
        endIfDone();
    }

    private void adopt(Fork fork, int pid) {
        try {
            fork.order.onStarted.accept(launcher.adopt(fork.order.launch, pid, fork.stderr));
            onForked.run();
        } catch (OutOfMemoryError e) { // no thread to read standard error with
            fail(fork, e.getMessage());
        }
    }

    private static void fail(Fork fork, @Nullable String why) {
        fork.stderr.close();
        WorkerLaunch launch = fork.order.launch;
        fork.order.onFailed.accept(
                new WorkerStartException(
                        "worker %s cannot be forked: %s".formatted(launch.name(), why)));
    }

    @Override
    public void onGarbage(String description) {
        LOG.warnf("the template of the workers is ended: it %s", description);
        if (channel != null) {
            channel.kill();
        }
    }

    private void onLate() {
        onGarbage("did not fork within start_timeout_ms=" + startTimeout.toMillis());
    }

    // The end

    /** Lets it end once nothing is asked of it any longer; its forks go on. */
    void dismiss() {
        isDismissed = true;
        endIfDone();
    }

    private void endIfDone() {
        if (isDismissed && channel != null && underWay.isEmpty() && waiting.isEmpty()) {
            channel.end();
        }
    }

    @Override
    public void onEnded(WorkerExit exit) {
        if (state != State.UNFIT) {
            if (!isDismissed) {
                LOG.warnf(
                        "the template of the workers %s; the next one boots when a worker is needed",
                        exit.describe());
            }
            bootFailure =
                    new WorkerStartException(
                            "the template of the workers %s".formatted(exit.describe()),
                            exit.wasSignalled());
            end();
        }
    }

    private void end() {
        state = State.GONE;
        patience.close();
        failAll();
    }

    private void failAll() {
        List<Fork> forks = underWay;
        underWay = List.of();
        WorkerStartException why =
                bootFailure == null ? new WorkerStartException("no template") : bootFailure;
        if (!forks.isEmpty()) {
            launcher.forksAreKnown(worker, false);
        }
        forks.forEach(fork -> fork.stderr.close());
        forks.forEach(fork -> fork.order.onFailed.accept(why));
        while (!waiting.isEmpty()) {
            waiting.remove().onFailed.accept(why);
        }
    }
}
