package io.parallite.process.launch;

import io.parallite.engine.Engine;
import io.parallite.engine.NamedPipe;
import io.parallite.engine.NamedPipeInput;
import io.parallite.engine.VertxEngine;
import io.parallite.process.TemplateSnapshot;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerTransport;
import io.parallite.process.channel.ReplyLimits;
import io.parallite.process.files.RunDirectory;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Carries frames on a socket: the worker connects back to the daemon and identifies itself.
 *
 * <p>A connection to the {@link WorkerSocket} counts only when its first frame, {@code
 * {"type":"hello", "token":…}}, carries the one-time token of a process that was started and has
 * not connected yet.
 */
public final class SocketTransport implements WorkerTransport {

    private static final int TOKEN_BYTES = 16;

    private final VertxEngine engine;
    private final WorkerLauncher launcher;
    private final RunDirectory directory;
    private final ReplyLimits limits;
    private final boolean prefetches =
            Boolean.parseBoolean(System.getProperty("parallite.prefetch", "true"));
    private final SecureRandom random = new SecureRandom();
    private final Map<String, SocketOpening> byToken = new HashMap<>();
    private final WorkerSocket socket;
    private final @Nullable ForkServer forks;
    private @Nullable Uni<Void> reopening;

    /**
     * @param directory where the socket and the captured output go, readable by this user only
     * @param limits what may be read from a worker
     * @param forking makes what workers are forked from; {@code null} where they are started
     */
    SocketTransport(
            VertxEngine engine,
            WorkerLauncher launcher,
            RunDirectory directory,
            ReplyLimits limits,
            @Nullable Function<SocketTransport, ForkServer> forking) {
        this.forks = forking == null ? null : forking.apply(this);
        this.engine = engine;
        this.launcher = launcher;
        this.directory = directory;
        this.socket = new WorkerSocket(engine, directory, byToken::remove);
        this.limits = limits;
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
    public Uni<Release> findRelease() {
        return launcher.findRelease();
    }

    @Override
    public Uni<WorkerChannel> open(
            WorkerName name, WorkerCommand command, WorkerChannel.Listener listener) {
        ForkServer server = forks;
        WorkerStarter starter =
                server == null
                        ? launcher
                        : (launch, onStarted, onFailed) ->
                                server.of(command).launch(launch, onStarted, onFailed);
        return start(name, command, listener, withOutput(starter));
    }

    /** {@code starter}, for whose workers there is a file that their standard output may go to. */
    private WorkerStarter withOutput(WorkerStarter starter) {
        return (launch, onStarted, onFailed) -> {
            directory.makeOutput(launch.file());
            starter.launch(launch, onStarted, onFailed);
        };
    }

    /** The same with a process that comes about by {@code starter}. */
    Uni<WorkerChannel> start(
            WorkerName name,
            WorkerCommand command,
            WorkerChannel.Listener listener,
            WorkerStarter starter) {
        Uni<WorkerChannel> opening =
                Uni.createFrom()
                        .emitter(
                                emitter ->
                                        new SocketOpening(this, name, listener, emitter)
                                                .launch(command, starter));
        return socket.isInPlace() ? opening : reopened().chain(() -> opening);
    }

    @Override
    public void adopt(WorkerCommand command) {
        directory.keepCompiledCodeOf(command);
        if (forks != null) {
            forks.keepOnly(command);
        }
    }

    /** {@code command} with the compiled code of its release. */
    WorkerCommand withCompiledCode(WorkerCommand command) {
        return directory.withCompiledCode(command);
    }

    @Override
    public boolean forks() {
        return forks != null && forks.isForking();
    }

    @Override
    public @Nullable TemplateSnapshot template() {
        return forks == null ? null : forks.snapshot();
    }

    /** Workers that start at the same time share one attempt. */
    private Uni<Void> reopened() {
        Uni<Void> running = reopening;
        if (running == null) {
            running =
                    socket.reopen()
                            .onTermination()
                            .invoke(this::onReopened)
                            .memoize()
                            .indefinitely();
            reopening = running;
        }
        return running;
    }

    /** Existing templates have the former path of the socket. */
    private void onReopened() {
        reopening = null;
        if (forks != null) {
            forks.dismissAll();
        }
    }

    @Override
    public void close() {
        if (forks != null) {
            forks.dismissAll();
        }
        socket.close();
    }

    // What an opening needs

    Engine engine() {
        return engine;
    }

    WorkerLauncher launcher() {
        return launcher;
    }

    ReplyLimits limits() {
        return limits;
    }

    /** Where the workers' socket listens. */
    String address() {
        return socket.address();
    }

    /** A file in the run-time directory. */
    Path file(String name) {
        return directory.path().resolve(name);
    }

    /** A pipe for prefetched tasks; {@code null} where there is none. */
    @Nullable NamedPipe pipe(String name) {
        NamedPipe pipe = prefetches ? NamedPipe.make(file(name)) : null;
        if (pipe == null) {
            return null;
        }
        try {
            directory.give(pipe.path());
            return pipe;
        } catch (IOException e) {
            pipe.close();
            return null;
        }
    }

    /** A pipe for what a fork writes to standard error. */
    NamedPipeInput stderr(Path path) throws IOException {
        NamedPipeInput pipe = NamedPipeInput.make(path);
        try {
            directory.give(path);
            return pipe;
        } catch (IOException e) {
            pipe.close();
            throw e;
        }
    }

    /** A one-time token, under which {@code opening} awaits its worker. */
    String expect(SocketOpening opening) {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String token = HexFormat.of().formatHex(bytes);
        byToken.put(token, opening);
        return token;
    }

    /** The secret of the marks of a worker; see {@link WorkerLaunch#STDERR_MARK}. */
    String stderrMark() {
        return HexFormat.of().toHexDigits(random.nextLong());
    }

    /** The worker with {@code token} is awaited no longer. */
    void forget(String token) {
        byToken.remove(token);
    }
}
