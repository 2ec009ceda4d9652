package io.parallite.process.launch;

import io.parallite.config.ConfigException;
import io.parallite.config.ConfigUpdate;
import io.parallite.config.CurrentConfig;
import io.parallite.config.ListenAddress;
import io.parallite.config.NamedPools;
import io.parallite.config.ParalliteConfig;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerLimits;
import io.parallite.process.WorkerTransport;
import io.parallite.process.tree.WorkerLaunch;
import io.parallite.wire.Encoding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Finds the directory, the script and the includes of workers, anew at each call, by the
 * configuration file as of then.
 *
 * <p>The paths found are free of symbolic links, so that all workers between two calls run the same
 * code, even when a deployment changes a link meanwhile. Any thread.
 */
public final class WorkerSite implements ReleaseSource {

    private static final Logger LOG = Logger.getLogger(WorkerSite.class);

    /** How long a task may run that does not say, in milliseconds. */
    private static final String TIMEOUT = "PARALLITE_WORKER_TIMEOUT_MS";

    /** Where the values are that tasks share. */
    private static final String SHARED_VALUES = "PARALLITE_SHARED_VALUES";

    private static final String SOCKET = "PARALLITE_SOCKET";

    private final CurrentConfig current;
    private final String pool;
    private final Optional<Path> home;
    private final WorkingDirectory ofProcess;
    private final WorkingDirectory atStart;
    private final WorkerScript first;
    private final Optional<Path> sharedValues;

    /** The includes that were not there at the last look: what was said of them is not repeated. */
    private volatile List<String> missing = List.of();

    /**
     * The site of the pool {@link NamedPools#DEFAULT}.
     *
     * @param home the distribution's directory, where there is one
     * @throws ConfigException when there is no such directory, or no worker script
     */
    public WorkerSite(CurrentConfig current, Optional<Path> home) {
        this(current, NamedPools.DEFAULT, home);
    }

    private WorkerSite(CurrentConfig current, String pool, Optional<Path> home) {
        this.current = current;
        this.pool = pool;
        this.home = home;
        this.ofProcess =
                WorkingDirectory.of(
                        Optional.ofNullable(System.getenv("PWD")).orElse(""),
                        Path.of("").toAbsolutePath());
        this.atStart = config().directory().map(WorkingDirectory::configured).orElse(ofProcess);
        this.first = new Look(config(), atStart).script();
        this.sharedValues = Optional.empty();
    }

    private WorkerSite(WorkerSite other, Path sharedValues) {
        this.current = other.current;
        this.pool = other.pool;
        this.home = other.home;
        this.ofProcess = other.ofProcess;
        this.atStart = other.atStart;
        this.first = other.first;
        this.sharedValues = Optional.of(sharedValues);
        this.missing = other.missing;
    }

    /**
     * The site of another pool.
     *
     * @throws ConfigException when there is no such directory, or no worker script
     */
    public WorkerSite of(String name) {
        try {
            return new WorkerSite(current, name, home);
        } catch (ConfigException e) {
            throw new ConfigException("pool %s: %s".formatted(name, e.getMessage()));
        }
    }

    /** The configuration of its pool that is in force. */
    ParalliteConfig config() {
        return current.now(pool);
    }

    /** The same, whose workers find the values that tasks share in {@code directory}. */
    WorkerSite sharingIn(Path directory) {
        return new WorkerSite(this, directory);
    }

    /** The script that was there at the start. */
    public WorkerScript script() {
        return first;
    }

    /** Makes what workers are forked from; {@code null} where they are started. */
    @Nullable Function<SocketTransport, ForkServer> forking(WorkerLauncher launcher) {
        StartMethod method = StartMethod.of(this);
        return method.mayFork() && launcher.canAdopt()
                ? transport -> new ForkServer(transport, launcher, method)
                : null;
    }

    /**
     * What workers are to be started from, by the settings in force.
     *
     * @throws ConfigException as {@link #find} does
     */
    @Override
    public WorkerCommand command() {
        return look(config()).command();
    }

    /**
     * Looks for what workers are to be started from now, by the configuration as it is now. Blocks
     * while files are read. The file of the configuration is read for the pool {@link
     * NamedPools#DEFAULT} only; the others go by what that has found.
     *
     * @throws ConfigException when there is no directory, or no script, or one that is talked to in
     *     another way than the first; or when the configuration is not valid
     */
    @Override
    public WorkerTransport.Release find() {
        missing = List.of();
        ConfigUpdate update =
                pool.equals(NamedPools.DEFAULT)
                        ? current.read(look(config()).directory::follow)
                        : current.unchanged();
        return new WorkerTransport.Release(look(update.of(pool)).command(), update);
    }

    private Look look(ParalliteConfig config) {
        WorkingDirectory directory =
                config.directory().map(WorkingDirectory::configured).orElse(ofProcess);
        boolean isTheSame = directory.entered().equals(atStart.entered());
        return new Look(config, isTheSame ? atStart : directory);
    }

    /** What {@code config} names, and where that is. */
    private final class Look {

        private final ParalliteConfig config;
        private final WorkingDirectory directory;

        Look(ParalliteConfig config, WorkingDirectory directory) {
            this.config = config;
            this.directory = directory;
        }

        WorkerScript script() {
            if (!Files.isDirectory(directory.now())) {
                throw new ConfigException(
                        "the directory of the workers, %s, does not exist; make it, or set another directory"
                                .formatted(directory.entered()));
            }
            return WorkerScript.find(config, directory.now(), base(), home);
        }

        WorkerCommand command() {
            WorkerScript script = script();
            if (script.connectsBack() != first.connectsBack()) {
                throw new ConfigException(
                        "worker script %s is for another transport than %s; restart the daemon"
                                .formatted(script.path(), first.path()));
            }
            return new WorkerCommand(
                    config.phpBinary(),
                    config.phpOptions().orElse(List.of()),
                    WorkingDirectory.real(script.path()),
                    directory.now(),
                    environment(),
                    config.startTimeout(),
                    limits());
        }

        private WorkerLimits limits() {
            WorkerLimits limits = WorkerLimits.of(config);
            limits.require();
            return limits;
        }

        private Map<String, String> environment() {
            Map<String, String> environment = new HashMap<>();
            environment.put(
                    "PARALLITE_MAX_PAYLOAD_BYTES", Integer.toString(config.maxPayloadBytes()));
            environment.put("PARALLITE_ENABLE_BENCHMARK", config.enableBenchmark() ? "1" : "0");
            environment.put("PARALLITE_WORKER_DEBUG", config.workerDebugLogs() ? "1" : "0");
            environment.put("PARALLITE_EVENTS", "1");
            environment.put(TIMEOUT, Long.toString(config.timeout().toMillis()));
            sharedValues.ifPresent(path -> environment.put(SHARED_VALUES, path.toString()));
            environment.putAll(addressOf(config.listenAddress()));
            putLimit(environment, WorkerLaunch.MAX_TASKS, config.workerMaxTasks());
            putLimit(environment, WorkerLaunch.MAX_MEMORY, config.workerMaxMemoryMb());
            putLimit(environment, WorkerLaunch.MEMORY_MAX, config.workerMemoryMax());
            Path base = base().orElseGet(directory::now);
            config.phpIncludes()
                    .map(files -> existing(base, files))
                    .ifPresent(
                            files ->
                                    environment.put(
                                            "PARALLITE_PHP_INCLUDES", Encoding.jsonText(files)));
            config.bootstrap()
                    .ifPresent(
                            file ->
                                    environment.put(
                                            "PARALLITE_WORKER_BOOTSTRAP", absolute(base, file)));
            return environment;
        }

        /** What paths in the configuration file are relative to. */
        private Optional<Path> base() {
            return config.config()
                    .map(
                            file ->
                                    directory.follow(
                                            Path.of(file).toAbsolutePath().resolveSibling("")));
        }
    }

    /**
     * The address of the daemon for the tasks that it runs, whatever setting or flag it came from.
     */
    private static Map<String, String> addressOf(ListenAddress address) {
        return switch (address) {
            case ListenAddress.Unix(Path path) -> Map.of(SOCKET, path.toAbsolutePath().toString());
            case ListenAddress.Tcp(String host, int port) ->
                    port == 0 ? Map.of() : Map.of(SOCKET, address.toString());
            case ListenAddress.Tls ignored -> Map.of();
        };
    }

    private List<String> existing(Path base, List<String> files) {
        Map<Boolean, List<String>> found =
                files.stream()
                        .map(file -> absolute(base, file))
                        .collect(Collectors.partitioningBy(path -> Files.exists(Path.of(path))));
        List<String> absent = found.getOrDefault(false, List.of());
        if (!absent.equals(missing)) {
            missing = absent;
            absent.forEach(
                    path ->
                            LOG.warnf(
                                    "php_includes names a file that does not exist; it is left out: %s",
                                    path));
        }
        return found.getOrDefault(true, List.of());
    }

    private static void putLimit(Map<String, String> environment, String name, long limit) {
        if (limit > 0) {
            environment.put(name, Long.toString(limit));
        }
    }

    private static String absolute(Path base, String file) {
        return WorkingDirectory.real(base.resolve(file)).toString();
    }
}
