<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * What the worker measured of a task that was submitted with `benchmark: true`.
 */
final class TaskStats
{
    /**
     * @param float $executionTimeMs wall-clock time of the task itself, without queue and transport
     * @param float $cpuTimeMs user and system time
     * @param float $memoryDeltaMb how much more memory was in use after it, in MiB
     * @param float $memoryPeakMb most memory that was in use, in MiB
     */
    public function __construct(
        public readonly float $executionTimeMs,
        public readonly float $cpuTimeMs,
        public readonly float $memoryDeltaMb,
        public readonly float $memoryPeakMb,
    ) {
    }

    /**
     * @internal
     * @param array<array-key, mixed> $benchmark as it came from the worker
     */
    public static function of(array $benchmark): self
    {
        $number = static function (string $field) use ($benchmark): float {
            $value = $benchmark[$field] ?? 0;
            return is_int($value) || is_float($value) ? (float) $value : 0.0;
        };
        return new self(
            $number('execution_time_ms'),
            $number('cpu_time_ms'),
            $number('memory_delta_mb'),
            $number('memory_peak_mb'),
        );
    }
}
