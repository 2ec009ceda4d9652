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
    ];

    /**
     * @param list<string> $includes absolute paths, required once before the first task
     * @param ?string $bootstrap absolute path of the file that is required after them
     * @param bool $events whether the daemon takes events of running tasks
     * @param ?string $nextTasks path of the named pipe for them
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
    ) {
    }

    /** Reads the environment, and takes out of it what tasks must not see. */
    public static function fromEnvironment(): self
    {
        $includes = json_decode((string) getenv('PARALLITE_PHP_INCLUDES'), true);
        $settings = new self(
            name: self::text('WORKER_NAME') ?? 'worker-' . getmypid(),
            socket: self::text('PARALLITE_WORKER_SOCKET'),
            token: (string) getenv('PARALLITE_WORKER_TOKEN'),
            stdoutFile: self::text('PARALLITE_WORKER_STDOUT'),
            maxPayloadBytes: self::number('PARALLITE_MAX_PAYLOAD_BYTES') ?? 10_485_760,
            benchmark: getenv('PARALLITE_ENABLE_BENCHMARK') === '1',
            includes: is_array($includes) ? array_values(array_filter($includes, is_string(...))) : [],
            debug: getenv('PARALLITE_WORKER_DEBUG') === '1',
            maxTasks: self::number('PARALLITE_WORKER_MAX_TASKS'),
            maxMemoryMb: self::number('PARALLITE_WORKER_MAX_MEMORY_MB'),
            bootstrap: self::text('PARALLITE_WORKER_BOOTSTRAP'),
            events: getenv('PARALLITE_EVENTS') === '1',
            nextTasks: self::text('PARALLITE_WORKER_PREFETCH'),
        );
        foreach (self::PRIVATE as $private) {
            putenv($private);
            unset($_ENV[$private], $_SERVER[$private]);
        }
        return $settings;
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
