package io.parallite.admin;

import io.parallite.cluster.Cluster;
import io.parallite.cluster.ClusterSnapshot;
import io.parallite.cluster.store.Registry;
import io.parallite.dispatch.Dispatcher;
import io.parallite.dispatch.TaskListener;
import io.parallite.dispatch.TaskRun;
import io.parallite.pool.ReloadOutcome;
import io.parallite.server.Figures;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.worker.WorkerSnapshot;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
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

    private static final int GROUPS_SHOWN = 50;

    private final EngineView view;
    private final Instance<Observed> observed;
    private volatile @Nullable Observers observers;

    /** The listeners of all tasks. */
    private record Observers(Metrics metrics, TaskMetrics tasks, History history)
            implements TaskListener {
        @Override
        public void onEnded(TaskRun run) {
            tasks.onEnded(run);
            history.onEnded(run);
        }
    }

    Admin(EngineView view, Instance<Observed> observed) {
        this.view = view;
        this.observed = observed;
    }

    /** Begins to observe. Called once, before the first task. */
    public void start() {
        Figures figures = daemon().figures();
        Metrics metrics = new Metrics(figures.version());
        History history = new History(daemon().engine(), daemon().dispatcher().pools()::snapshot);
        Observers made = new Observers(metrics, new TaskMetrics(metrics.registry()), history);
        daemon().dispatcher().observe(made);
        daemon().engine().execute(history::start);
        daemon().engine().execute(new LoopLag(daemon().engine(), metrics.registry())::start);
        observers = made;
    }

    private Observed daemon() {
        return observed.get();
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
        return view.askLater(() -> daemon().figures().stats().map(stats -> state(since, stats)));
    }

    private PageState state(long since, Map<String, Object> stats) {
        return new PageState(
                daemon().engine().epochMillis(),
                stats,
                tasks(),
                daemon().dispatcher().log().failures(GROUPS_SHOWN),
                observers().history().since(History.Span.MINUTES, since));
    }

    /** What {@link Figures#settings} answers. */
    Uni<Map<String, Object>> settings() {
        return view.ask(() -> daemon().figures().settings());
    }

    /** The samples of {@code span} after {@code since}, in milliseconds since the epoch. */
    Uni<Map<String, Object>> history(History.Span span, long since) {
        return view.ask(() -> observers().history().since(span, since));
    }

    /**
     * All that is kept of a task, of what a running one prints as much as is known by then; fails
     * with {@code NOT_FOUND} when that is nothing.
     */
    Uni<TaskDetail> detail(TaskId id) {
        return view.ask(
                () -> {
                    Dispatcher dispatcher = daemon().dispatcher();
                    dispatcher.tasks().listen(id);
                    return dispatcher
                            .tasks()
                            .detail(id)
                            .orElseThrow(
                                    () ->
                                            new TaskException(
                                                    FailureKind.NOT_FOUND,
                                                    "nothing is kept of this task; it was never submitted, or too many have ended since"));
                });
    }

    private Map<TaskState, List<TaskStatus>> tasks() {
        Map<TaskState, List<TaskStatus>> tasks = new EnumMap<>(TaskState.class);
        for (TaskState state : TaskState.values()) {
            tasks.put(state, daemon().dispatcher().tasks().list(TASKS_SHOWN, state));
        }
        return tasks;
    }

    /** A snapshot for {@link #metrics}. */
    Uni<EngineSnapshot> snapshot() {
        return view.askLater(
                () ->
                        daemon().sampler()
                                .sample(pids())
                                .map(
                                        usage ->
                                                new EngineSnapshot(
                                                        daemon().dispatcher().pools().snapshot(),
                                                        daemon().dispatcher().pools().snapshots(),
                                                        daemon().dispatcher().snapshot(),
                                                        daemon().server().sessions(),
                                                        daemon().server().quotas(),
                                                        daemon().server().traffic(),
                                                        cluster(),
                                                        usage)));
    }

    private @Nullable ClusterSnapshot cluster() {
        Cluster cluster = daemon().dispatcher().cluster();
        return cluster == null ? null : cluster.snapshot();
    }

    private List<Long> pids() {
        return daemon().dispatcher().pools().snapshot().workers().stream()
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
        return view.ask(() -> daemon().dispatcher().cancel(id));
    }

    /**
     * What {@code question} answers of the cluster. Fails with a {@link TaskException}: {@code
     * NOT_FOUND} when this daemon is on its own, {@code CLUSTER_UNAVAILABLE} without Redis.
     */
    <T> Uni<T> cluster(Function<Registry, Uni<T>> question) {
        return view.askLater(
                () -> {
                    Cluster cluster = daemon().dispatcher().cluster();
                    return cluster == null
                            ? Uni.createFrom().failure(Admin::notInACluster)
                            : patiently(question.apply(cluster.registry()));
                });
    }

    private static TaskException notInACluster() {
        return new TaskException(
                FailureKind.NOT_FOUND,
                "this daemon is in no cluster; set cluster_url and cluster_secret_file");
    }

    /** A Redis that is silent must not pass for an event loop that is stuck. */
    private static <T> Uni<T> patiently(Uni<T> asked) {
        return asked.ifNoItem()
                .after(EngineView.PATIENCE.dividedBy(2))
                .failWith(
                        () ->
                                new TaskException(
                                        FailureKind.CLUSTER_UNAVAILABLE,
                                        "the cluster's Redis does not answer"));
    }

    /**
     * Changes the daemon's state by {@code action}; gives the response of {@link Figures#control}
     * after that.
     *
     * @param pool the pool; {@code null}: all pools
     */
    Uni<Map<String, Object>> control(@Nullable String pool, Consumer<Dispatcher> action) {
        return view.ask(
                () -> {
                    action.accept(daemon().dispatcher());
                    return daemon().figures().control(pool);
                });
    }

    /** Replaces the workers; a reload that is under way is joined. */
    Uni<ReloadOutcome> reload() {
        return Uni.createFrom()
                .emitter(
                        emitter ->
                                daemon().engine()
                                        .execute(
                                                () ->
                                                        daemon().dispatcher()
                                                                .pools()
                                                                .reload()
                                                                .subscribe()
                                                                .with(
                                                                        emitter::complete,
                                                                        emitter::fail)));
    }
}
