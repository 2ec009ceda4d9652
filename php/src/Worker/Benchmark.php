<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Measures one task: wall-clock and CPU time, and memory.
 */
final class Benchmark
{
    private const MIB = 1_048_576;

    /** @var array{execution_time_ms: float, memory_delta_mb: float, memory_peak_mb: float, cpu_time_ms: float}|null */
    private ?array $figures = null;

    private function __construct(
        private readonly int $startedAt,
        private readonly int $memory,
        private readonly float $cpu,
    ) {
    }

    public static function start(): self
    {
        memory_reset_peak_usage();
        return new self(hrtime(true), memory_get_usage(), self::cpuMillis());
    }

    /**
     * What was measured until the first call.
     *
     * @return array{execution_time_ms: float, memory_delta_mb: float, memory_peak_mb: float, cpu_time_ms: float}
     */
    public function stop(): array
    {
        return $this->figures ??= [
            'execution_time_ms' => round((hrtime(true) - $this->startedAt) / 1e6, 3),
            'memory_delta_mb' => round((memory_get_usage() - $this->memory) / self::MIB, 4),
            'memory_peak_mb' => round(memory_get_peak_usage() / self::MIB, 4),
            'cpu_time_ms' => round(self::cpuMillis() - $this->cpu, 3),
        ];
    }

    private static function cpuMillis(): float
    {
        $usage = getrusage();
        if ($usage === false) {
            return 0.0;
        }
        return ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1e3
            + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e3;
    }
}
