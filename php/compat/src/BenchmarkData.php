<?php

declare(strict_types=1);

namespace Parallite;

use Stringable;

/**
 * What the worker measured while it ran a task.
 */
readonly class BenchmarkData implements Stringable
{
    /**
     * @param float $executionTimeMs wall-clock time, in milliseconds
     * @param float $memoryDeltaMb by how much the memory in use grew, in MiB
     * @param float $memoryPeakMb the most that was in use, in MiB
     * @param float $cpuTimeMs processor time, user and system, in milliseconds
     */
    public function __construct(
        public float $executionTimeMs,
        public float $memoryDeltaMb,
        public float $memoryPeakMb,
        public float $cpuTimeMs,
    ) {
    }

    /** @param array<string, mixed> $data the `benchmark` of a reply; what is missing or no number counts as 0 */
    public static function fromArray(array $data): self
    {
        $data = array_filter($data, is_numeric(...));
        $number = static fn(string $key): float => (float) ($data[$key] ?? 0);
        return new self(
            $number('execution_time_ms'),
            $number('memory_delta_mb'),
            $number('memory_peak_mb'),
            $number('cpu_time_ms'),
        );
    }

    /** @return array{execution_time_ms: float, memory_delta_mb: float, memory_peak_mb: float, cpu_time_ms: float} */
    public function toArray(): array
    {
        return [
            'execution_time_ms' => $this->executionTimeMs,
            'memory_delta_mb' => $this->memoryDeltaMb,
            'memory_peak_mb' => $this->memoryPeakMb,
            'cpu_time_ms' => $this->cpuTimeMs,
        ];
    }

    public function __toString(): string
    {
        return sprintf(
            'Execution: %.2fms | Memory Δ: %.2fMB | Peak: %.2fMB | CPU: %.2fms',
            ...array_values($this->toArray()),
        );
    }
}
