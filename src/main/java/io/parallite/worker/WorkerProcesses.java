package io.parallite.worker;

import io.parallite.config.ConfigException;
import io.parallite.config.ParalliteConfig;
import io.parallite.engine.VertxEngine;
import io.parallite.wire.Encoding;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the pool's workers are started with: the transport that suits the worker script, and the
 * directory it needs.
 */
public final class WorkerProcesses {

    /** What a reply may be longer than the payload limit: its envelope. */
    private static final int ENVELOPE = 64 * 1024;

    private final WorkerTransport transport;
    private final @Nullable RunDirectory directory;

    private WorkerProcesses(WorkerTransport transport, @Nullable RunDirectory directory) {
        this.transport = transport;
        this.directory = directory;
    }

    /**
     * @throws ConfigException when the directory for temporary files cannot be written to
     */
    public static WorkerProcesses create(
            VertxEngine engine, ParalliteConfig config, WorkerScript script) {
        WorkerCommand command =
                new WorkerCommand(
                        config.phpBinary(),
                        config.phpOptions().orElse(List.of()),
                        script.path(),
                        environment(config));
        boolean useGuard = Boolean.parseBoolean(System.getProperty("parallite.guard", "true"));
        WorkerLauncher launcher = new WorkerLauncher(engine, command, useGuard);
        int maxBody = config.maxPayloadBytes() + ENVELOPE;
        if (!script.connectsBack()) {
            return new WorkerProcesses(new StdioTransport(engine, launcher, maxBody), null);
        }
        RunDirectory directory = runDirectory();
        return new WorkerProcesses(
                new SocketTransport(
                        engine, launcher, directory.path(), maxBody, config.startTimeout()),
                directory);
    }

    private static RunDirectory runDirectory() {
        try {
            return RunDirectory.create();
        } catch (IOException e) {
            throw new ConfigException(
                    "no run-time directory can be made: %s; set XDG_RUNTIME_DIR or -Djava.io.tmpdir to one that this user may write to"
                            .formatted(e));
        }
    }

    private static Map<String, String> environment(ParalliteConfig config) {
        Map<String, String> environment = new HashMap<>();
        environment.put("PARALLITE_MAX_PAYLOAD_BYTES", Integer.toString(config.maxPayloadBytes()));
        environment.put("PARALLITE_ENABLE_BENCHMARK", config.enableBenchmark() ? "1" : "0");
        environment.put("PARALLITE_WORKER_DEBUG", config.workerDebugLogs() ? "1" : "0");
        environment.put("PARALLITE_EVENTS", "1");
        Path base = baseOf(config);
        config.phpIncludes()
                .map(files -> files.stream().map(file -> base.resolve(file).toString()).toList())
                .ifPresent(
                        files ->
                                environment.put(
                                        "PARALLITE_PHP_INCLUDES", Encoding.jsonText(files)));
        config.bootstrap()
                .ifPresent(
                        file ->
                                environment.put(
                                        "PARALLITE_WORKER_BOOTSTRAP",
                                        base.resolve(file).toString()));
        return environment;
    }

    /** What paths in the configuration file are relative to. */
    private static Path baseOf(ParalliteConfig config) {
        return config.config()
                .map(file -> Path.of(file).toAbsolutePath().resolveSibling(""))
                .orElseGet(() -> Path.of("").toAbsolutePath());
    }

    /** Opens what workers connect to. Engine thread. */
    public Uni<Void> listen() {
        return transport instanceof SocketTransport socket
                ? socket.listen()
                : Uni.createFrom().voidItem();
    }

    public WorkerTransport transport() {
        return transport;
    }

    /** Removes the run-time directory; the last thing to do. */
    public void close() {
        if (directory != null) {
            directory.close();
        }
    }
}
