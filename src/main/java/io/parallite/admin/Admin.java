package io.parallite.admin;

import io.parallite.config.ParalliteConfig;
import io.parallite.dispatch.Dispatcher;
import io.parallite.dispatch.TaskListener;
import io.parallite.dispatch.TaskRun;
import io.parallite.engine.Engine;
import io.parallite.pool.ReloadOutcome;
import io.parallite.pool.WorkerPool;
import io.parallite.process.ProcessSampler;
import io.parallite.server.ClientServer;
import io.parallite.server.Figures;
import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.worker.WorkerSnapshot;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What HTTP shows and does, apart from HTTP: figures for the page, metrics, and the two actions.
 *
 * <p>Nothing of it exists until {@link #start}, which the daemon calls only if {@code http_port} is
 * set: without, no task is observed and no meter registered. The methods may be called on any
 * thread; they enter the engine's.
 */
@Singleton
public final class Admin {

    /** Of those in each state. */
    private static final int TASKS_SHOWN = 100;

    private final ParalliteConfig config;
    private final EngineView view;
    private final Instance<Engine> engine;
    private final Instance<WorkerPool> pool;
    private final Instance<Dispatcher> dispatcher;
    private final Instance<ClientServer> server;
    private final Instance<Figures> figures;
    private final Instance<ProcessSampler> sampler;
    private volatile @Nullable Observers observers;

    /** Those who are told of every task. */
    private record Observers(Metrics metrics, TaskMetrics tasks, History history)
            implements TaskListener {
        @Override
        public void onEnded(TaskRun run) {
            tasks.onEnded(run);
            history.onEnded(run);
        }
    }

    Admin(
            ParalliteConfig config,
            EngineView view,
            Instance<Engine> engine,
            Instance<WorkerPool> pool,
            Instance<Dispatcher> dispatcher,
            Instance<ClientServer> server,
            Instance<Figures> figures,
            Instance<ProcessSampler> sampler) {
        this.config = config;
        this.view = view;
        this.engine = engine;
        this.pool = pool;
        this.dispatcher = dispatcher;
        this.server = server;
        this.figures = figures;
        this.sampler = sampler;
    }

    /** Begins to observe. Called once, before the first task. */
    public void start() {
        Metrics metrics = new Metrics(config.maxQueue(), figures.get().version());
        History history = new History(engine.get(), dispatcher.get()::poolSnapshot);
        Observers made = new Observers(metrics, new TaskMetrics(metrics.registry()), history);
        dispatcher.get().observe(made);
        engine.get().execute(history::start);
        observers = made;
    }

    private Observers observers() {
        return Objects.requireNonNull(observers, "not started");
    }

    /** Whether {@link #start} is over. */
    boolean isStarted() {
        return observers != null;
    }

    /**
     * What the page shows.
     *
     * @param since the time of the last sample that the page has, in milliseconds since the epoch
     */
    Uni<PageState> state(long since) {
        return view.askLater(() -> figures.get().stats().map(stats -> state(since, stats)));
    }

    private PageState state(long since, Map<String, Object> stats) {
        return new PageState(
                engine.get().epochMillis(),
                stats,
                tasks(TaskState.RUNNING),
                tasks(TaskState.PENDING),
                tasks(TaskState.COMPLETED),
                tasks(TaskState.FAILED),
                observers().history().since(since));
    }

    private List<TaskStatus> tasks(TaskState state) {
        return dispatcher.get().tasks(TASKS_SHOWN, state);
    }

    /** A snapshot for {@link #metrics}. */
    Uni<EngineSnapshot> snapshot() {
        return view.askLater(
                () ->
                        sampler.get()
                                .sample(pids())
                                .map(
                                        usage ->
                                                new EngineSnapshot(
                                                        dispatcher.get().poolSnapshot(),
                                                        dispatcher.get().snapshot(),
                                                        server.get().sessions(),
                                                        server.get().traffic(),
                                                        usage)));
    }

    private List<Long> pids() {
        return dispatcher.get().poolSnapshot().workers().stream()
                .map(WorkerSnapshot::pid)
                .filter(pid -> pid > 0)
                .toList();
    }

    /** The figures of {@code snapshot} and all that were counted. May take some ms. */
    String metrics(EngineSnapshot snapshot, String contentType) {
        return observers().metrics().scrape(snapshot, contentType);
    }

    /** Takes a task out of the queue or kills its worker; whether there was such a task. */
    Uni<Boolean> cancel(TaskId id) {
        return view.ask(() -> dispatcher.get().cancel(id));
    }

    /** Replaces the workers; a reload that is under way is joined. */
    Uni<ReloadOutcome> reload() {
        return Uni.createFrom()
                .emitter(
                        emitter ->
                                engine.get()
                                        .execute(
                                                () ->
                                                        pool.get()
                                                                .reload()
                                                                .subscribe()
                                                                .with(
                                                                        emitter::complete,
                                                                        emitter::fail)));
    }
}
