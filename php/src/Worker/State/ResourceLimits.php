<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class ResourceLimits implements NamedCallGuard, OwnOfProcess
{
    public const WHAT = 'Limits of resources';
    public const HOW = '`posix_setrlimit()`; a hard limit that cannot be raised again has the worker replaced';
    public const FUNCTIONS = ['posix_setrlimit'];

    /** Tells more of them than posix_getrlimit() does. */
    private const FILE = '/proc/self/limits';

    /** Ends of the constants' names by the names in the file. */
    private const NAMES = [
        'Max cpu time' => 'CPU', 'Max file size' => 'FSIZE', 'Max data size' => 'DATA', 'Max stack size' => 'STACK',
        'Max core file size' => 'CORE', 'Max resident set' => 'RSS', 'Max processes' => 'NPROC',
        'Max open files' => 'NOFILE', 'Max locked memory' => 'MEMLOCK', 'Max address space' => 'AS',
        'Max file locks' => 'LOCKS', 'Max pending signals' => 'SIGPENDING', 'Max msgqueue size' => 'MSGQUEUE',
        'Max nice priority' => 'NICE', 'Max realtime priority' => 'RTPRIO', 'Max realtime timeout' => 'RTTIME',
    ];

    /** @var array<string, array{string, string}> soft and hard limit by name */
    private readonly array $limits;

    public function __construct()
    {
        $this->limits = self::now();
    }

    public static function isNeeded(): bool
    {
        return function_exists('posix_setrlimit');
    }

    public function restore(): bool
    {
        $now = self::now();
        if ($now === $this->limits) {
            return true;
        }
        foreach ($this->limits as $name => $limits) {
            $constant = 'POSIX_RLIMIT_' . (self::NAMES[$name] ?? '');
            if (($now[$name] ?? null) !== $limits && defined($constant)) {
                @posix_setrlimit(constant($constant), ...array_map(self::number(...), $limits));
            }
        }
        return self::now() === $this->limits;
    }

    /** @return array<string, array{string, string}> */
    private static function now(): array
    {
        $limits = [];
        foreach (@file(self::FILE) ?: [] as $line) {
            $limits[trim(substr($line, 0, 25))] = [trim(substr($line, 26, 20)), trim(substr($line, 47, 20))];
        }
        return $limits !== [] ? $limits : ['all' => [serialize(posix_getrlimit()), '']];
    }

    private static function number(string $limit): int
    {
        return $limit === 'unlimited' ? POSIX_RLIMIT_INFINITY : (int) $limit;
    }
}
