<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * How long the worker may live: a number of tasks, and an amount of memory that it may hold between tasks.
 */
final class Lifetime
{
    private const MIB = 1_048_576;

    /** Nanoseconds between two looks at what the system says about the process's memory. */
    private const INTERVAL = 100_000_000;

    /** @var resource|null */
    private mixed $statm = null;

    private int $lookedAt = 0;

    private int $tasks = 0;

    /**
     * @param ?int $maxMemory bytes
     * @param bool $isFork whether the worker is a fork of a template
     */
    public function __construct(
        private ?int $maxTasks,
        private readonly ?int $maxMemory,
        private readonly bool $isFork = false,
    ) {
        if ($maxMemory !== null && is_readable('/proc/self/statm')) {
            $statm = fopen('/proc/self/statm', 'r');
            if ($statm !== false) {
                stream_set_read_buffer($statm, 0);
                $this->statm = $statm;
            }
        }
    }

    public static function of(Settings $settings): self
    {
        $megabytes = $settings->maxMemoryMb;
        $bytes = $megabytes === null ? null : $megabytes * self::MIB;
        return new self($settings->maxTasks, $bytes, $settings->isFork);
    }

    /**
     * A task comes that wants this isolation. One that is isolated is the only one, which the daemon knows: it gives such
     * a task to a worker that has run none, and a task of isolation "auto" is isolated where workers are forked.
     */
    public function taskBegins(mixed $isolation): void
    {
        if ($this->tasks === 0 && ($isolation === 'task' || $isolation === 'auto' && $this->isFork)) {
            $this->maxTasks = 1;
        }
    }

    /** Whether the daemon expects the worker to end after its first task, and so needs no announcement. */
    public function isOneTask(): bool
    {
        return $this->maxTasks === 1;
    }

    /** Counts a task that ended, and says whether it was the last one. */
    public function endsWithThisTask(): bool
    {
        $this->tasks++;
        return $this->tasks === $this->maxTasks || $this->maxMemory !== null && $this->isOverMemory($this->maxMemory);
    }

    private function isOverMemory(int $limit): bool
    {
        if (memory_get_usage(true) > $limit) {
            gc_collect_cycles();
            gc_mem_caches();
            if (memory_get_usage(true) > $limit) {
                return true;
            }
        }
        $now = hrtime(true);
        if ($this->statm === null || $now - $this->lookedAt < self::INTERVAL) {
            return false;
        }
        $this->lookedAt = $now;
        rewind($this->statm);
        return self::residentBytes((string) fread($this->statm, 128)) > $limit;
    }

    /** The second figure is the pages that are in memory; those of 4 KiB, as on x86 and nearly all of ARM. */
    private static function residentBytes(string $statm): int
    {
        return (int) (explode(' ', $statm)[1] ?? 0) * 4_096;
    }
}
