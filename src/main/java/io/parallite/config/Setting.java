package io.parallite.config;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be set, each with its type, limits, default and one line of explanation: the
 * one list from which files and flags are checked, defaults are taken and help is printed.
 */
public enum Setting {
    FIXED_WORKERS(
            new Check.WholeOr(new Check.Whole(0, 1000), WorkerCount.NONE),
            "1",
            "Persistent workers; 0: as many as processors, none: on demand only."),
    MAX_WORKERS(
            integer(1, 1000),
            null,
            "Most workers at a time, persistent ones included; 32, or fixed_workers if that is more."),
    PREFIX_NAME(
            text(
                    "[^\\s\\p{C}\\p{Z}/\\\\]{1,64}",
                    "1 to 64 characters, printable, without spaces and slashes"),
            "work",
            "What worker names begin with."),
    TIMEOUT_MS(integer(1, Integer.MAX_VALUE), "60000", "How long a task may run, in milliseconds."),
    SOCKET(new Check.Socket(), "", "Path of the socket, or host:port on loopback."),
    LISTEN(
            new Check.TextList(),
            null,
            "More addresses: unix:/path, tls://host:port, or host:port on loopback."),
    SOCKET_MODE(
            text("0?[0-7]{3}", "three octal digits, for example 0660"),
            "0600",
            "Permissions of the socket's file, in octal digits."),
    SOCKET_GROUP(text(".+", "a group"), null, "Group of the socket's file, by name or number."),
    ALLOW_USERS(
            new Check.TextList(),
            null,
            "Users who may connect to the socket, beside the daemon's own and root."),
    AUTH_TOKEN_FILE(
            new Check.File(), null, "File with the secret that clients on TCP have to show."),
    TLS_CERTIFICATE_FILE(new Check.File(), null, "Certificate of tls:// addresses, in PEM."),
    TLS_KEY_FILE(new Check.File(), null, "Private key of that certificate, in PEM."),
    TLS_CLIENT_CA_FILE(
            new Check.File(),
            null,
            "Authorities, in PEM, one of which must have signed a client's certificate."),
    FAIL_MODE(
            choice("continue", "restart", "stop_all", "stop"),
            "continue",
            "continue, or stop_all: the first failed task stops the daemon."),
    MAX_PAYLOAD_BYTES(
            integer(1024, 1 << 30), "10485760", "Longest request and longest reply, in bytes."),
    ENABLE_BENCHMARK(bool(), "false", "Measure time and memory of every task."),
    DEBUG_LOGS(bool(), "false", "Log every task."),
    WORKER_DEBUG_LOGS(bool(), "false", "Have the bundled worker log what it does."),
    DIRECTORY(
            text("(/|[A-Za-z]:[/\\\\]).*", "an absolute path"),
            null,
            "Directory in which workers run; its links are followed anew at each reload."),
    WORKER_SCRIPT(text(".*", ""), "", "Worker script to run in place of the bundled one."),
    WORKER_TRANSPORT(
            choice("auto", "socket", "stdio"),
            "auto",
            "socket for Parallite's own worker, stdio for any script that speaks frames; auto looks."),
    WORKER_START(
            choice("auto", "exec", "fork"),
            "auto",
            "fork forks workers from a booted one, exec starts each anew, auto forks where it can."),
    ISOLATION(
            choice("none", "task"),
            "none",
            "task runs every task in a worker of its own, none runs many in one."),
    READY_MEMORY_MB(
            integer(0, 1 << 20),
            "512",
            "Memory that workers kept ready for isolated tasks may hold together, in MiB."),
    PHP_INCLUDES(
            new Check.TextList(), null, "PHP files that every worker loads, relative to the file."),
    BOOTSTRAP(
            text(".*", ""),
            "",
            "PHP file that every worker loads last, for hooks around tasks; relative to the file."),
    PHP_BINARY(text(".+", "a program"), "php", "PHP's command line program."),
    PHP_OPTIONS(
            new Check.TextList(), null, "Options for PHP, for example -d and memory_limit=512M."),
    POOLS(new Check.Pools(), null, "More pools of workers by name, each with settings of its own."),
    MAX_QUEUE(integer(0, 1_000_000), "10000", "Most tasks that wait for a worker."),
    QUEUE_TIMEOUT_MS(
            integer(1, Integer.MAX_VALUE),
            null,
            "How long a task may wait for a worker, in milliseconds; timeout_ms when not set."),
    QUOTA_TASKS(
            integer(0, 1_000_000), "0", "Most tasks of one client that wait or run; 0: no quota."),
    QUOTA_TASKS_PER_SECOND(
            integer(0, 1_000_000),
            "0",
            "Most tasks that one client may submit in a second; 0: no quota."),
    QUOTA_BYTES(
            integer(0, Long.MAX_VALUE),
            "0",
            "Most bytes of requests of one client's tasks that wait or run; 0: no quota."),
    START_TIMEOUT_MS(
            integer(100, 3_600_000),
            "30000",
            "How long a worker may take to start, in milliseconds."),
    WORKER_MAX_TASKS(
            integer(0, 1_000_000_000), "0", "Tasks after which a worker is replaced; 0: never."),
    WORKER_MAX_MEMORY_MB(
            integer(0, 1 << 20), "0", "Memory with which a worker is replaced, in MiB; 0: never."),
    WORKER_TTL_MS(
            integer(0, Integer.MAX_VALUE),
            "0",
            "Age at which a worker is replaced, in milliseconds; 0: never."),
    WORKER_IDLE_MS(
            integer(0, Integer.MAX_VALUE),
            "1000",
            "How long an on-demand worker without a task waits for one, in milliseconds."),
    WORKER_NICE(integer(-20, 19), null, "Niceness of worker processes; the daemon's when not set."),
    WORKER_IONICE(
            text(
                    "idle|(best-effort|realtime)(:[0-7])?",
                    "idle, best-effort or realtime, the latter two also with a level, as in best-effort:7"),
            null,
            "Class and level of the input and output of worker processes."),
    WORKER_MEMORY_MAX(
            integer(0, 1L << 50),
            "0",
            "Memory that the system allows each worker, in bytes; 0: no limit."),
    WORKER_CPU_WEIGHT(
            integer(1, 10_000),
            null,
            "Weight of each worker where processor time is short; 100 is the kernel's default."),
    WORKER_USER(
            text("[A-Za-z0-9_][A-Za-z0-9_.$-]*", "a user, by name or number"),
            null,
            "User that worker processes run as, where the daemon runs as root."),
    IDLE_SHUTDOWN_MS(
            integer(0, Integer.MAX_VALUE),
            "0",
            "Stop when nobody has used the daemon for so many milliseconds; 0: never."),
    IDLE_SHUTDOWN_CONNECTIONS(
            bool(), "false", "Whether a connection that is open counts as use of the daemon."),
    RESULT_CACHE_BYTES(
            integer(0, 16L << 30), "67108864", "Memory for results that may be asked for again."),
    SHARED_BYTES(
            integer(0, 16L << 30), "268435456", "Memory for values that tasks share; 0: none."),
    MAX_INFLIGHT_BYTES(
            integer(1 << 20, Long.MAX_VALUE),
            "134217728",
            "Memory for what clients have asked, and as much again for what they have not read."),
    FRAME_TIMEOUT_MS(
            integer(100, Integer.MAX_VALUE),
            "30000",
            "How long a request may take to arrive once it has begun, in milliseconds."),
    SHUTDOWN_GRACE_MS(
            integer(0, 3_600_000), "4000", "How long running tasks get to finish when it stops."),
    LOG_FORMAT(choice("text", "json"), "text", "Lines of the log: text, or one JSON object each."),
    SLOW_TASK_MS(
            integer(0, Integer.MAX_VALUE),
            "0",
            "Log a task with its PHP stack when it runs for so many milliseconds; 0: never."),
    FAILURES_FILE(
            new Check.File(),
            null,
            "File in which failures are kept, so that the next daemon knows them."),
    WATCH(
            new Check.TextList(),
            null,
            "PHP files (globs) whose change reloads the workers; for development."),
    HTTP_PORT(integer(0, 65535), "0", "Port of page, metrics and health checks; 0 opens none."),
    HTTP_HOST(text(".+", "a host"), "127.0.0.1", "Host of page, metrics and health checks."),
    HTTP_TOKEN(
            text("[\\x21-\\x7e]{16,256}", "16 to 256 ASCII characters without spaces"),
            null,
            "Secret that the page asks for; without it only this machine is served."),
    READINESS(
            choice("strict", "lenient"),
            "strict",
            "lenient: a full queue and workers that do not start leave the daemon ready."),
    CLUSTER_URL(
            new Check.RedisUrl(),
            null,
            "Redis through which daemons share tasks: rediss://, redis:// on loopback, or unix://."),
    CLUSTER_NAME(
            text("[A-Za-z0-9_.-]{1,64}", "1 to 64 letters, digits, dots, dashes and underscores"),
            "parallite",
            "Which cluster this daemon belongs to; daemons of one name share their tasks."),
    CLUSTER_SECRET_FILE(
            new Check.File(),
            null,
            "File with the secret, the same on all nodes, that signs what goes over Redis."),
    CLUSTER_RELEASE(
            text("[A-Za-z0-9_.-]{1,64}", "1 to 64 letters, digits, dots, dashes and underscores"),
            null,
            "Release whose tasks this node runs; a hash of composer.lock when not set."),
    CLUSTER_OVERFLOW_MS(
            integer(0, 3_600_000),
            "100",
            "How long an awaited task waits here before other nodes may have it; 0: for ever."),
    CLUSTER_MAX_QUEUE(
            integer(1, 100_000_000), "100000", "Most tasks that wait in the cluster's queue."),
    CLUSTER_MAX_PAYLOAD_BYTES(
            integer(1024, 512 << 20),
            "8388608",
            "Longest request and longest reply that go over Redis, in bytes."),
    CLUSTER_OUTBOX_BYTES(
            integer(0, 1 << 30),
            "0",
            "Bytes of detached tasks that are accepted while Redis is away; 0: none."),
    CLUSTER_CA_FILE(
            new Check.File(), null, "Certificates, in PEM, that the one of Redis is checked by."),
    CLUSTER_CERTIFICATE_FILE(
            new Check.File(), null, "Certificate, in PEM, by which Redis knows this node."),
    CLUSTER_KEY_FILE(new Check.File(), null, "Private key of that certificate, in PEM."),
    OTEL_ENDPOINT(
            new Check.OtelUrl(),
            null,
            "OTLP/HTTP receiver of the spans of tasks, for example http://127.0.0.1:4318."),
    OTEL_HEADERS(
            text(
                    " *[A-Za-z0-9_.-]+ *=[^,]+(, *[A-Za-z0-9_.-]+ *=[^,]+)*",
                    "name=value, with commas between them"),
            null,
            "Headers for that receiver, name=value with commas between them."),
    OTEL_SERVICE_NAME(
            text("[^\\p{C}]{1,255}", "1 to 255 printable characters"),
            "parallite",
            "What the daemon is called in traces."),
    OTEL_SAMPLE_RATIO(
            new Check.Share(),
            "1",
            "Share of the traces that begin with a task; others go by their caller."),
    GO_OVERRIDES(new Check.Anything(), null, "Known from the Go daemon; has no effect.");

    private static final Set<Setting> RELOADABLE =
            EnumSet.of(
                    FIXED_WORKERS,
                    MAX_WORKERS,
                    TIMEOUT_MS,
                    FAIL_MODE,
                    DEBUG_LOGS,
                    WORKER_DEBUG_LOGS,
                    DIRECTORY,
                    WORKER_SCRIPT,
                    PHP_INCLUDES,
                    BOOTSTRAP,
                    PHP_BINARY,
                    PHP_OPTIONS,
                    POOLS,
                    MAX_QUEUE,
                    QUEUE_TIMEOUT_MS,
                    QUOTA_TASKS,
                    QUOTA_TASKS_PER_SECOND,
                    QUOTA_BYTES,
                    START_TIMEOUT_MS,
                    READY_MEMORY_MB,
                    WORKER_MAX_TASKS,
                    WORKER_MAX_MEMORY_MB,
                    WORKER_TTL_MS,
                    WORKER_IDLE_MS,
                    WORKER_NICE,
                    WORKER_IONICE,
                    WORKER_MEMORY_MAX,
                    WORKER_CPU_WEIGHT,
                    SHUTDOWN_GRACE_MS,
                    SLOW_TASK_MS,
                    READINESS);

    /** A shorter flag for {@link #DEBUG_LOGS}. */
    public static final String DEBUG_FLAG = "--debug";

    @SuppressWarnings("ImmutableEnumChecker") // its variants are records
    private final Check check;

    private final @Nullable String byDefault;
    private final String explanation;

    Setting(Check check, @Nullable String byDefault, String explanation) {
        this.check = check;
        this.byDefault = byDefault;
        this.explanation = explanation;
    }

    /** The name in {@code parallite.json}, for example {@code fixed_workers}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The name in SmallRye Config. */
    public String property() {
        return "parallite." + key();
    }

    /** The environment variable that sets it. */
    public String variable() {
        return "PARALLITE_" + name();
    }

    /** The command-line flag of that name. */
    public String flag() {
        return "--" + key().replace('_', '-');
    }

    /**
     * Whether there is such a flag: lists and pools have none, nor have secrets, which all users of
     * a machine would see.
     */
    public boolean hasFlag() {
        return !isList() && this != POOLS && !isIgnored() && !isSecret();
    }

    /** The default, absent where the daemon works it out or where there is none. */
    public Optional<String> byDefault() {
        return Optional.ofNullable(byDefault);
    }

    public String explanation() {
        return explanation;
    }

    /** Whether the value is a list of texts. */
    public boolean isList() {
        return check instanceof Check.TextList;
    }

    /** Whether the value is the path of a file that the daemon itself reads. */
    boolean isFile() {
        return check instanceof Check.File;
    }

    /** Whether the value is {@code true} or {@code false}. */
    public boolean isBoolean() {
        return check instanceof Check.Choice choice && choice.isBoolean();
    }

    /** Whether the value is a whole number. */
    public boolean isNumber() {
        return check instanceof Check.Whole || check instanceof Check.WholeOr;
    }

    /**
     * Whether a flag of this value sets nothing, as in the Go daemon: an empty value, and a 0 where
     * 0 is not a valid value.
     */
    boolean isUnsetBy(String flag) {
        return flag.isEmpty()
                || (flag.equals("0")
                        && (this == FIXED_WORKERS || problemWith(flag, "").isPresent()));
    }

    /** Whether the value is a secret and is never printed. */
    public boolean isSecret() {
        return this == HTTP_TOKEN || this == CLUSTER_URL || this == OTEL_HEADERS;
    }

    /** Whether workers may not see its variable: secrets, and where they are kept. */
    public boolean isKeptFromWorkers() {
        return isSecret() || key().endsWith("token_file") || this == CLUSTER_SECRET_FILE;
    }

    /**
     * Whether a reload takes a new value from the file; another one counts when the daemon is
     * started again.
     */
    public boolean isReloadable() {
        return RELOADABLE.contains(this);
    }

    /** Whether any value is taken and none has an effect. */
    public boolean isIgnored() {
        return check instanceof Check.Anything;
    }

    /**
     * Checks a value.
     *
     * @param source its origin, for the message: a file, a variable, a flag
     * @throws ConfigException with key, value, source and what is expected
     */
    public void check(String value, String source) {
        problemWith(value, source)
                .ifPresent(
                        problem -> {
                            throw new ConfigException(problem);
                        });
    }

    /** The error in a value: key, value, source and what is expected. */
    Optional<String> problemWith(String value, String source) {
        if (this == POOLS) {
            return NamedPools.problemWith(value, source);
        }
        return check.problemWith(value)
                .or(() -> isPath() ? Check.problemWithPath(value) : Optional.empty())
                .map(
                        expected ->
                                "%s=%s in %s is not valid: expected %s"
                                        .formatted(
                                                key(),
                                                isSecret() ? "***" : value,
                                                source,
                                                expected));
    }

    private boolean isPath() {
        return this == WORKER_SCRIPT || this == DIRECTORY;
    }

    /** What its values must be like. */
    Check check() {
        return check;
    }

    /** The setting of this name in {@code parallite.json}. */
    public static Optional<Setting> of(String key) {
        return Arrays.stream(values()).filter(setting -> setting.key().equals(key)).findFirst();
    }

    /** The known key that looks most like {@code unknown}, if one does. */
    public static Optional<String> nearest(String unknown) {
        return Nearest.to(unknown, Arrays.stream(values()).map(Setting::key).toList());
    }

    private static Check integer(long min, long max) {
        return new Check.Whole(min, max);
    }

    private static Check bool() {
        return new Check.Choice(List.of("true", "false"));
    }

    private static Check choice(String... values) {
        return new Check.Choice(List.of(values));
    }

    private static Check text(String pattern, String description) {
        return new Check.Text(pattern, description);
    }
}
