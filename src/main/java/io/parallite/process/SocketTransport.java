package io.parallite.process;

import io.parallite.engine.Engine;
import io.parallite.engine.NamedPipe;
import io.parallite.engine.VertxEngine;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Frames on a socket of their own: the worker connects back to the daemon and says who it is.
 *
 * <p>A connection to the {@link WorkerSocket} counts only when its first frame, {@code
 * {"type":"hello", "token":…}}, carries the one-time token of a process that was started and has
 * not connected yet.
 */
public final class SocketTransport implements WorkerTransport {

    private static final Logger LOG = Logger.getLogger(SocketTransport.class);

    private static final int TOKEN_BYTES = 16;

    private final VertxEngine engine;
    private final WorkerLauncher launcher;
    private final RunDirectory directory;
    private final ReplyLimits limits;
    private final Duration startTimeout;
    private final boolean prefetches =
            Boolean.parseBoolean(System.getProperty("parallite.prefetch", "true"));
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Opening> byToken = new HashMap<>();
    private final WorkerSocket socket;
    private @Nullable Uni<Void> reopening;

    /**
     * @param directory where the socket and the captured output go, readable by this user only
     * @param limits what may be read from a worker
     * @param startTimeout how long a worker may take from its start to its hello
     */
    SocketTransport(
            VertxEngine engine,
            WorkerLauncher launcher,
            RunDirectory directory,
            ReplyLimits limits,
            Duration startTimeout) {
        this.engine = engine;
        this.launcher = launcher;
        this.directory = directory;
        this.socket =
                new WorkerSocket(
                        engine,
                        directory,
                        opened -> new Handshake(engine, opened, token -> byToken.remove(token)));
        this.limits = limits;
        this.startTimeout = startTimeout;
    }

    /** Opens the socket that workers connect to. Engine thread. */
    public Uni<Void> listen() {
        return socket.listen();
    }

    @Override
    public WorkerCommand command() {
        return launcher.command();
    }

    @Override
    public Uni<WorkerCommand> findCommand() {
        return launcher.findCommand();
    }

    @Override
    public Uni<WorkerChannel> open(
            WorkerName name, WorkerCommand command, WorkerChannel.Listener listener) {
        Uni<WorkerChannel> opening =
                Uni.createFrom()
                        .emitter(
                                emitter ->
                                        new Opening(name, listener, emitter)
                                                .launch(compiledCode().addTo(command)));
        return socket.isInPlace() ? opening : reopened().chain(() -> opening);
    }

    /** Workers that start at the same time share one attempt. */
    private Uni<Void> reopened() {
        Uni<Void> running = reopening;
        if (running == null) {
            running =
                    socket.reopen()
                            .onTermination()
                            .invoke(() -> reopening = null)
                            .memoize()
                            .indefinitely();
            reopening = running;
        }
        return running;
    }

    private OpcodeCache compiledCode() {
        return new OpcodeCache(directory.path().resolve("opcache"));
    }

    @Override
    public void close() {
        launcher.close();
        socket.close();
    }

    /** One worker between its start and its being ready; owned by the engine's thread. */
    private final class Opening implements Handshake.Host {

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
        private boolean cancelled;
        private boolean asked;
        private boolean late;

        Opening(
                WorkerName name,
                WorkerChannel.Listener listener,
                UniEmitter<? super WorkerChannel> emitter) {
            this.name = name;
            this.listener = listener;
            this.emitter = emitter;
            byte[] bytes = new byte[TOKEN_BYTES];
            random.nextBytes(bytes);
            this.token = HexFormat.of().formatHex(bytes);
            String file = name.value() + "-" + token.substring(0, 8);
            this.stdout = directory.path().resolve(file + ".out");
            this.pipe =
                    prefetches ? NamedPipe.make(directory.path().resolve(file + ".next")) : null;
        }

        void launch(WorkerCommand command) {
            byToken.put(token, this);
            emitter.onTermination(this::onTerminated);
            WorkerLauncher.Launch launch =
                    new WorkerLauncher.Launch(
                            name,
                            command,
                            WorkerLauncher.Streams.CAPTURED,
                            environment(),
                            stdout,
                            listener);
            launcher.launch(launch, this::onStarted, this::onFailed);
        }

        private Map<String, String> environment() {
            Map<String, String> environment = new HashMap<>();
            environment.put("PARALLITE_WORKER_SOCKET", socket.address());
            environment.put("PARALLITE_WORKER_TOKEN", token);
            environment.put("PARALLITE_WORKER_STDOUT", stdout.toString());
            if (pipe != null) {
                environment.put("PARALLITE_WORKER_PREFETCH", pipe.path().toString());
            }
            return environment;
        }

        private void onStarted(WorkerProcess started) {
            process = started;
            started.onExit(this::onExit);
            if (cancelled) {
                started.kill();
            } else if (early != null) {
                connect(started, early);
            } else {
                timer = engine.schedule(startTimeout, this::onLate);
            }
        }

        private void onFailed(WorkerStartException why) {
            byToken.remove(token);
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
            SocketChannel opened =
                    new SocketChannel(engine, started, connected, limits, listener, pipe);
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

        private void onExit(int status, String words) {
            cancelTimer();
            byToken.remove(token);
            deleteOutput();
            if (channel != null) {
                channel.onExit(status, words);
                return;
            }
            closePipe();
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
}
