package io.parallite.process.launch;

import io.parallite.engine.Engine;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerStartException;
import io.parallite.process.WorkerTransport;
import io.parallite.process.channel.ReplyLimits;
import io.parallite.process.channel.StdioChannel;
import io.parallite.process.tree.WorkerLaunch;
import io.parallite.process.tree.WorkerProcess;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;

/**
 * Frames on stdin and stdout, for any script that speaks them. Such a worker counts as ready once
 * its process is there.
 */
public final class StdioTransport implements WorkerTransport {

    private final Engine engine;
    private final WorkerLauncher launcher;
    private final ReplyLimits limits;
    private final SecureRandom random = new SecureRandom();

    /** A transport that starts workers by {@code launcher}. */
    StdioTransport(Engine engine, WorkerLauncher launcher, ReplyLimits limits) {
        this.engine = engine;
        this.launcher = launcher;
        this.limits = limits;
    }

    @Override
    public WorkerCommand command() {
        return launcher.command();
    }

    @Override
    public Uni<Release> findRelease() {
        return launcher.findRelease();
    }

    @Override
    public Uni<WorkerChannel> open(
            WorkerName name, WorkerCommand command, WorkerChannel.Listener listener) {
        return Uni.createFrom()
                .emitter(emitter -> new Opening(listener, emitter).launch(name, command));
    }

    @Override
    public void close() {}

    private String stderrMark() {
        return HexFormat.of().toHexDigits(random.nextLong());
    }

    /** One process on its way up; owned by the engine's thread. */
    private final class Opening {

        private final WorkerChannel.Listener listener;
        private final UniEmitter<? super WorkerChannel> emitter;
        private boolean over;

        Opening(WorkerChannel.Listener listener, UniEmitter<? super WorkerChannel> emitter) {
            this.listener = listener;
            this.emitter = emitter;
        }

        void launch(WorkerName name, WorkerCommand command) {
            emitter.onTermination(() -> over = true);
            WorkerLaunch launch =
                    new WorkerLaunch(
                            name,
                            command,
                            WorkerLaunch.Streams.FRAMES,
                            Map.of(WorkerLaunch.STDERR_MARK, stderrMark()),
                            null,
                            listener);
            launcher.launch(launch, this::onStarted, this::onFailed);
        }

        private void onStarted(WorkerProcess process) {
            StdioChannel channel = new StdioChannel(engine, process, limits, listener);
            try {
                channel.open();
            } catch (OutOfMemoryError e) { // no thread to read with
                process.onExit(status -> onFailed(noThread(e)));
                process.kill();
                return;
            }
            if (over) {
                channel.kill();
            } else {
                emitter.complete(channel);
            }
        }

        private static WorkerStartException noThread(OutOfMemoryError cause) {
            return new WorkerStartException(
                    "a worker cannot be started: %s; raise ulimit -u or pids.max"
                            .formatted(cause.getMessage()));
        }

        private void onFailed(WorkerStartException why) {
            if (over) {
                listener.onEnded(new WorkerExit(1, why.explanation(), true));
            } else {
                emitter.fail(why);
            }
        }
    }
}
