package io.parallite.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMapping.NamingStrategy;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The effective configuration; {@link Setting} documents the meaning and the limits of each value.
 */
@ConfigMapping(prefix = "parallite", namingStrategy = NamingStrategy.SNAKE_CASE)
public interface ParalliteConfig {

    int DEFAULT_MAX_WORKERS = 32;

    @WithName("fixed_workers")
    @WithConverter(WorkerCount.Reader.class)
    WorkerCount configuredFixedWorkers();

    @WithName("max_workers")
    Optional<Integer> configuredMaxWorkers();

    String prefixName();

    @WithName("timeout_ms")
    @WithConverter(Millis.class)
    Duration timeout();

    Optional<String> socket();

    /** More addresses. */
    Optional<List<String>> listen();

    String socketMode();

    Optional<String> socketGroup();

    Optional<List<String>> allowUsers();

    Optional<String> authTokenFile();

    Optional<String> tlsCertificateFile();

    Optional<String> tlsKeyFile();

    Optional<String> tlsClientCaFile();

    String failMode();

    int maxPayloadBytes();

    boolean enableBenchmark();

    boolean debugLogs();

    boolean workerDebugLogs();

    Optional<String> directory();

    Optional<String> workerScript();

    String workerTransport();

    /** {@code auto}, {@code fork} or {@code exec}. */
    String workerStart();

    /** {@code none} or {@code task}. */
    String isolation();

    int readyMemoryMb();

    Optional<List<String>> phpIncludes();

    Optional<String> bootstrap();

    String phpBinary();

    Optional<List<String>> phpOptions();

    /** See {@link NamedPools}. */
    Optional<String> pools();

    int maxQueue();

    @WithName("queue_timeout_ms")
    Optional<@WithConverter(Millis.class) Duration> configuredQueueTimeout();

    int quotaTasks();

    int quotaTasksPerSecond();

    long quotaBytes();

    @WithName("start_timeout_ms")
    @WithConverter(Millis.class)
    Duration startTimeout();

    int workerMaxTasks();

    int workerMaxMemoryMb();

    @WithName("worker_ttl_ms")
    @WithConverter(Millis.class)
    Duration workerTtl();

    @WithName("worker_idle_ms")
    @WithConverter(Millis.class)
    Duration workerIdle();

    Optional<Integer> workerNice();

    Optional<String> workerIonice();

    long workerMemoryMax();

    Optional<Integer> workerCpuWeight();

    Optional<String> workerUser();

    @WithName("idle_shutdown_ms")
    @WithConverter(Millis.class)
    Duration idleShutdown();

    boolean idleShutdownConnections();

    long resultCacheBytes();

    long sharedBytes();

    long maxInflightBytes();

    @WithName("frame_timeout_ms")
    @WithConverter(Millis.class)
    Duration frameTimeout();

    @WithName("shutdown_grace_ms")
    @WithConverter(Millis.class)
    Duration shutdownGrace();

    String logFormat();

    @WithName("slow_task_ms")
    @WithConverter(Millis.class)
    Duration slowTask();

    Optional<String> failuresFile();

    /** Globs, relative to the working directory. */
    Optional<List<String>> watch();

    int httpPort();

    String httpHost();

    Optional<String> httpToken();

    /** {@code strict} or {@code lenient}. */
    String readiness();

    /** Where the Redis of the cluster is; empty: the daemon is on its own. */
    Optional<String> clusterUrl();

    String clusterName();

    Optional<String> clusterSecretFile();

    Optional<String> clusterRelease();

    @WithName("cluster_overflow_ms")
    @WithConverter(Millis.class)
    Duration clusterOverflow();

    int clusterMaxQueue();

    int clusterMaxPayloadBytes();

    int clusterOutboxBytes();

    Optional<String> clusterCaFile();

    Optional<String> clusterCertificateFile();

    Optional<String> clusterKeyFile();

    /** Where spans go; empty: there are none. */
    Optional<String> otelEndpoint();

    Optional<String> otelHeaders();

    String otelServiceName();

    double otelSampleRatio();

    /** The file that was read, where there is one. */
    Optional<String> config();

    /** Persistent workers. */
    default int fixedWorkers() {
        return configuredFixedWorkers().within(configuredMaxWorkers());
    }

    /** Most workers at a time. */
    default int maxWorkers() {
        return configuredMaxWorkers().orElse(Math.max(DEFAULT_MAX_WORKERS, fixedWorkers()));
    }

    /** How long a task may wait. */
    default Duration queueTimeout() {
        return configuredQueueTimeout().orElse(timeout());
    }

    /**
     * The addresses to listen on, and who may connect.
     *
     * @throws ConfigException when the settings contradict each other
     */
    default ListenSettings listenSettings() {
        Map<Setting, List<String>> values =
                Map.of(
                        Setting.SOCKET, socket().stream().toList(),
                        Setting.LISTEN, listen().orElse(List.of()),
                        Setting.SOCKET_MODE, List.of(socketMode()),
                        Setting.SOCKET_GROUP, socketGroup().stream().toList(),
                        Setting.ALLOW_USERS, allowUsers().orElse(List.of()),
                        Setting.AUTH_TOKEN_FILE, authTokenFile().stream().toList(),
                        Setting.TLS_CERTIFICATE_FILE, tlsCertificateFile().stream().toList(),
                        Setting.TLS_KEY_FILE, tlsKeyFile().stream().toList(),
                        Setting.TLS_CLIENT_CA_FILE, tlsClientCaFile().stream().toList());
        return ListenSettings.of(setting -> values.getOrDefault(setting, List.of()));
    }

    /** The address for programs on this machine. */
    default ListenAddress listenAddress() {
        return ListenAddress.parse(socket().orElse(""));
    }

    /** Whether the first failed task stops the daemon. */
    default boolean stopsOnFailure() {
        return failMode().startsWith("stop");
    }
}
