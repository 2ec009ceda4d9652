package io.parallite.process.launch;

import io.parallite.engine.Engine;
import io.parallite.engine.NamedPipe;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerStartException;
import io.parallite.process.channel.Handshake;
import io.parallite.process.channel.SocketChannel;
import io.parallite.process.tree.WorkerLaunch;
import io.parallite.process.tree.WorkerProcess;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** One worker between its start and its being ready. Owned by the engine's thread. */
final class SocketOpening implements Handshake.Host {

    private static final Logger LOG = Logger.getLogger(SocketOpening.class);

    private final SocketTransport transport;
    private final WorkerName name;
    private final WorkerChannel.Listener listener;
    private final UniEmitter<? super WorkerChannel> emitter;
    private final String token;
    private final Path stdout;
    private final @Nullable NamedPipe pipe;
    private @Nullable WorkerProcess process;
    private Handshake.@Nullable Connected early;
    private @Nullable SocketChannel channel;
    private Engine.@Nullable Timer timer;
    private Duration startTimeout = Duration.ZERO;
    private boolean cancelled;
    private boolean asked;
    private boolean late;

    SocketOpening(
            SocketTransport transport,
            WorkerName name,
            WorkerChannel.Listener listener,
            UniEmitter<? super WorkerChannel> emitter) {
        this.transport = transport;
        this.name = name;
        this.listener = listener;
        this.emitter = emitter;
        this.token = transport.expect(this);
        String file = name.value() + "-" + token.substring(0, 8);
        this.stdout = transport.file(file + ".out");
        this.pipe = name.reusable() ? transport.pipe(file + ".next") : null;
    }

    /**
     * Has there be a process.
     *
     * @param starter how
     */
    void launch(WorkerCommand command, WorkerStarter starter) {
        startTimeout = command.startTimeout();
        emitter.onTermination(this::onTerminated);
        WorkerLaunch launch =
                new WorkerLaunch(
                        name,
                        transport.withCompiledCode(command),
                        WorkerLaunch.Streams.CAPTURED,
                        environment(),
                        stdout,
                        listener);
        starter.launch(launch, this::onStarted, this::onFailed);
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("PARALLITE_WORKER_SOCKET", transport.address());
        environment.put(WorkerLaunch.TOKEN, token);
        environment.put("PARALLITE_WORKER_STDOUT", stdout.toString());
        environment.put(WorkerLaunch.STDERR_MARK, transport.stderrMark());
        if (pipe != null) {
            environment.put(WorkerLaunch.PREFETCH, pipe.path().toString());
        }
        return environment;
    }

    private void onStarted(WorkerProcess started) {
        process = started;
        started.onExit(status -> onExit(started, status));
        if (cancelled) {
            started.kill();
        } else if (early != null) {
            connect(started, early);
        } else {
            timer = transport.engine().schedule(startTimeout, this::onLate);
        }
    }

    private void onFailed(WorkerStartException why) {
        transport.forget(token);
        closePipe();
        if (cancelled) {
            listener.onEnded(new WorkerExit(1, why.explanation(), true));
        } else {
            emitter.fail(why);
        }
    }

    @Override
    public void onAsked() {
        asked = true;
    }

    @Override
    public void onConnected(Handshake.Connected connected) {
        if (cancelled) {
            connected.socket().close();
        } else if (process == null) {
            early = connected; // the loop was busy and saw it before the start
        } else {
            connect(process, connected);
        }
    }

    private void connect(WorkerProcess started, Handshake.Connected connected) {
        cancelTimer();
        if (connected.features().contains("stderr_marks")) {
            started.expectMarks();
        }
        SocketChannel opened =
                new SocketChannel(
                        transport.engine(), started, connected, transport.limits(), listener, pipe);
        channel = opened;
        emitter.complete(opened);
    }

    private void onLate() {
        late = true;
        if (process != null) {
            process.kill();
        }
    }

    private void onTerminated() {
        if (channel == null) {
            cancelled = true;
            if (process != null) {
                process.kill();
            }
        }
    }

    private void onExit(WorkerProcess ended, int status) {
        cancelTimer();
        transport.forget(token);
        deleteOutput();
        if (channel != null) {
            channel.onExit(status);
            return;
        }
        closePipe();
        String words = ended.stderrTail();
        WorkerExit ending = new WorkerExit(status, words, true);
        if (cancelled) {
            listener.onEnded(ending);
        } else {
            emitter.fail(
                    new WorkerStartException(
                            late
                                    ? "worker %s did not %s within start_timeout_ms=%d and was killed; %s"
                                            .formatted(
                                                    name,
                                                    asked ? "answer a ping" : "connect",
                                                    startTimeout.toMillis(),
                                                    hint(words))
                                    : "worker %s %s before it was ready; check worker_script and php_includes"
                                            .formatted(name, ending.describe()),
                            !late && ending.wasSignalled()));
        }
    }

    private String hint(String words) {
        if (asked && words.isEmpty()) {
            return "raise it, or look for what holds the worker up";
        }
        return words.isEmpty()
                ? "raise it, or set worker_transport to stdio for a script that speaks on stdin and stdout"
                : "it said: " + words;
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void closePipe() {
        if (pipe != null) {
            pipe.close();
        }
    }

    private void deleteOutput() {
        try {
            Files.deleteIfExists(stdout);
        } catch (IOException e) {
            LOG.debugf("cannot remove %s: %s", stdout, e.getMessage());
        }
    }
}
