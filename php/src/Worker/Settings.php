<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * What the daemon tells a worker through its environment.
 */
final class Settings
{
    /** @param list<string> $includes absolute paths, required once before the first task */
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
    ) {
    }

    /** Reads the environment, and takes out of it what tasks must not see. */
    public static function fromEnvironment(): self
    {
        $maxPayloadBytes = (int) getenv('PARALLITE_MAX_PAYLOAD_BYTES');
        $maxTasks = (int) getenv('PARALLITE_WORKER_MAX_TASKS');
        $includes = json_decode((string) getenv('PARALLITE_PHP_INCLUDES'), true);
        $settings = new self(
            name: self::text('WORKER_NAME') ?? 'worker-' . getmypid(),
            socket: self::text('PARALLITE_WORKER_SOCKET'),
            token: (string) getenv('PARALLITE_WORKER_TOKEN'),
            stdoutFile: self::text('PARALLITE_WORKER_STDOUT'),
            maxPayloadBytes: $maxPayloadBytes > 0 ? $maxPayloadBytes : 10_485_760,
            benchmark: getenv('PARALLITE_ENABLE_BENCHMARK') === '1',
            includes: is_array($includes) ? array_values(array_filter($includes, is_string(...))) : [],
            debug: getenv('PARALLITE_WORKER_DEBUG') === '1',
            maxTasks: $maxTasks > 0 ? $maxTasks : null,
        );
        foreach (['PARALLITE_WORKER_SOCKET', 'PARALLITE_WORKER_TOKEN', 'PARALLITE_WORKER_STDOUT'] as $private) {
            putenv($private);
            unset($_ENV[$private], $_SERVER[$private]);
        }
        return $settings;
    }

    private static function text(string $variable): ?string
    {
        $value = getenv($variable);
        return is_string($value) && $value !== '' ? $value : null;
    }
}
