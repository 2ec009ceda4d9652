<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * What the daemon tells a worker through its environment.
 */
final class Settings
{
    private const PRIVATE = [
        'PARALLITE_WORKER_SOCKET',
        'PARALLITE_WORKER_TOKEN',
        'PARALLITE_WORKER_STDOUT',
        'PARALLITE_WORKER_PREFETCH',
        'PARALLITE_WORKER_TEMPLATE',
        'PARALLITE_WORKER_STDERR_MARK',
    ];

    /**
     * @param list<string> $includes absolute paths, required once before the first task
     * @param ?string $bootstrap absolute path of the file that is required after them
     * @param bool $events whether the daemon takes events of running tasks
     * @param ?string $nextTasks path of the named pipe for them
     * @param bool $isTemplate whether it runs no task, and forks workers
     * @param bool $isFork whether it was forked from one that does
     * @param ?int $timeoutMs how long a task may run that does not say
     * @param ?string $stderrMark by what the daemon knows the marks of tasks in standard error; null when it wants none
     */
    public function __construct(
        public readonly string $name,
        public readonly ?string $socket = null,
        public readonly string $token = '',
        public readonly ?string $stdoutFile = null,
        public readonly int $maxPayloadBytes = 10_485_760,
        public readonly bool $benchmark = false,
        public readonly array $includes = [],
        public readonly bool $debug = false,
        public readonly ?int $maxTasks = null,
        public readonly ?int $maxMemoryMb = null,
        public readonly ?string $bootstrap = null,
        public readonly bool $events = false,
        public readonly ?string $nextTasks = null,
        public readonly bool $isTemplate = false,
        public readonly bool $isFork = false,
        public readonly ?int $timeoutMs = null,
        public readonly ?string $stderrMark = null,
    ) {
    }

    /** Reads the environment, and takes out of it what tasks must not see. */
    public static function fromEnvironment(): self
    {
        $name = self::text('WORKER_NAME') ?? 'worker-' . getmypid();
        $maxPayloadBytes = self::number('PARALLITE_MAX_PAYLOAD_BYTES') ?? 10_485_760;
        $settings = new self(
            name: $name,
            socket: self::text('PARALLITE_WORKER_SOCKET'),
            token: (string) getenv('PARALLITE_WORKER_TOKEN'),
            stdoutFile: self::text('PARALLITE_WORKER_STDOUT'),
            maxPayloadBytes: $maxPayloadBytes,
            benchmark: getenv('PARALLITE_ENABLE_BENCHMARK') === '1',
            includes: self::includes(),
            debug: getenv('PARALLITE_WORKER_DEBUG') === '1',
            maxTasks: self::number('PARALLITE_WORKER_MAX_TASKS'),
            maxMemoryMb: self::number('PARALLITE_WORKER_MAX_MEMORY_MB'),
            bootstrap: self::text('PARALLITE_WORKER_BOOTSTRAP'),
            events: getenv('PARALLITE_EVENTS') === '1',
            nextTasks: self::text('PARALLITE_WORKER_PREFETCH'),
            isTemplate: getenv('PARALLITE_WORKER_TEMPLATE') === '1',
            timeoutMs: self::number('PARALLITE_WORKER_TIMEOUT_MS'),
            stderrMark: self::text('PARALLITE_WORKER_STDERR_MARK'),
        );
        foreach (self::PRIVATE as $private) {
            putenv($private);
            unset($_ENV[$private], $_SERVER[$private]);
        }
        return $settings;
    }

    /** @return array<string, string> the environment that was taken out and concerns a worker on standard streams, too */
    public function ofStdio(): array
    {
        return $this->stderrMark === null ? [] : ['PARALLITE_WORKER_STDERR_MARK' => $this->stderrMark];
    }

    /**
     * What a fork of a template runs with.
     *
     * @param array<array-key, mixed> $worker as the daemon has described it
     */
    public function forFork(array $worker): self
    {
        $maxTasks = isset($worker['max_tasks']) ? (int) $worker['max_tasks'] : $this->maxTasks;
        $nextTasks = isset($worker['prefetch']) ? (string) $worker['prefetch'] : null;
        $stderrMark = isset($worker['stderr_mark']) ? (string) $worker['stderr_mark'] : null;
        return new self(
            name: (string) $worker['name'],
            socket: $this->socket,
            token: (string) $worker['token'],
            stdoutFile: (string) $worker['stdout'],
            maxPayloadBytes: $this->maxPayloadBytes,
            benchmark: $this->benchmark,
            includes: $this->includes,
            debug: $this->debug,
            maxTasks: $maxTasks,
            maxMemoryMb: $this->maxMemoryMb,
            bootstrap: $this->bootstrap,
            events: $this->events,
            nextTasks: $nextTasks,
            isFork: true,
            timeoutMs: $this->timeoutMs,
            stderrMark: $stderrMark,
        );
    }

    /** @return list<string> */
    private static function includes(): array
    {
        $includes = json_decode((string) getenv('PARALLITE_PHP_INCLUDES'), true);
        return is_array($includes) ? array_values(array_filter($includes, is_string(...))) : [];
    }

    /** A limit; 0 is none. */
    private static function number(string $variable): ?int
    {
        $value = (int) getenv($variable);
        return $value > 0 ? $value : null;
    }

    private static function text(string $variable): ?string
    {
        $value = getenv($variable);
        return is_string($value) && $value !== '' ? $value : null;
    }
}
