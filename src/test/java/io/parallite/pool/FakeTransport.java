package io.parallite.pool;

import io.parallite.config.ConfigException;
import io.parallite.config.ConfigUpdate;
import io.parallite.config.TestConfig;
import io.parallite.process.TemplateSnapshot;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerTransport;
import io.smallrye.mutiny.Uni;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Opens {@link FakeChannel}s, which a test gets ready, lets answer and lets die by hand. */
public final class FakeTransport implements WorkerTransport {

    private final List<FakeChannel> channels = new ArrayList<>();
    private final boolean provesReadiness;
    private final WorkerCommand command = version(0);
    private ConfigUpdate update = TestConfig.unchanged();
    private int looks;
    private String problem = "";
    private boolean closed;
    private boolean forks;
    private String[] features = {};

    /** A transport like that of our own worker, which says hello when it has booted. */
    public FakeTransport() {
        this(true);
    }

    private FakeTransport(boolean provesReadiness) {
        this.provesReadiness = provesReadiness;
    }

    /** A transport like that of any script, whose process is all that is known of it. */
    public static FakeTransport withoutHello() {
        return new FakeTransport(false);
    }

    /** From now on, workers say that they take next tasks by themselves. */
    public void startPrefetching() {
        features = new String[] {"prefetch"};
    }

    @Override
    public WorkerCommand command() {
        return command;
    }

    /** From now on, workers are forked. */
    public void startForking() {
        forks = true;
    }

    @Override
    public boolean forks() {
        return forks;
    }

    @Override
    public @Nullable TemplateSnapshot template() {
        return forks ? new TemplateSnapshot("ready", 77, 1, channels.size(), null) : null;
    }

    /** Each look finds the next version of the code, unless {@link #findNothing} was called. */
    @Override
    public Uni<Release> findRelease() {
        if (!problem.isEmpty()) {
            return Uni.createFrom().failure(new ConfigException(problem));
        }
        return Uni.createFrom().item(new Release(version(++looks), update));
    }

    /** From now on, a look finds this configuration. */
    public void findConfig(ConfigUpdate found) {
        update = found;
    }

    /** From now on, there is nothing to start workers from. */
    public void findNothing(String why) {
        problem = why;
    }

    private static WorkerCommand version(int number) {
        Path directory = Path.of("/releases/" + number);
        return new WorkerCommand(
                "php",
                List.of(),
                directory.resolve("worker.php"),
                directory,
                Map.of(),
                Duration.ofSeconds(30));
    }

    @Override
    public Uni<WorkerChannel> open(
            WorkerName name, WorkerCommand what, WorkerChannel.Listener listener) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            long pid = 100L + channels.size();
                            FakeChannel channel =
                                    new FakeChannel(
                                            name, what, pid, listener, emitter, provesReadiness);
                            channel.features(features);
                            emitter.onTermination(channel::onStartSettled);
                            channels.add(channel);
                        });
    }

    @Override
    public void close() {
        closed = true;
    }

    public boolean isClosed() {
        return closed;
    }

    /** Every process there has been, in the order of their starts. */
    public List<FakeChannel> all() {
        return channels;
    }

    /** Every process that has not ended. */
    public List<FakeChannel> alive() {
        return channels.stream().filter(FakeChannel::isAlive).toList();
    }

    /** The process started last. */
    public FakeChannel last() {
        return channels.getLast();
    }

    /** The living process of that name; the older one of two. */
    public FakeChannel named(String worker) {
        return alive().stream()
                .filter(channel -> channel.name().value().equals(worker))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no living worker " + worker));
    }

    /** Gets every process ready that is starting. */
    public void readyAll() {
        alive().stream().filter(FakeChannel::isStarting).forEach(FakeChannel::ready);
    }

    /** Every process does what is expected of it: gets ready, answers, ends when it is told to. */
    public void work() {
        readyAll();
        alive().stream().filter(FakeChannel::isAsked).forEach(FakeChannel::reply);
        alive().stream().filter(FakeChannel::isDoomed).forEach(FakeChannel::exitAsTold);
    }
}
