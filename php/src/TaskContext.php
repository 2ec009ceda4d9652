<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * What {@see Task} speaks to: the worker that runs the task, or the caller itself where tasks run in-process.
 */
interface TaskContext
{
    /** @param ?float $fraction from 0.0 to 1.0, null when it is not known */
    public function progress(?float $fraction, ?string $message): void;

    public function emit(mixed $value): void;

    public function isCancelled(): bool;

    /**
     * @param ?float $timeout seconds; null: as long as it takes
     * @throws Exception\NothingReceived
     */
    public function receive(?float $timeout): mixed;

    /** The id of the task; null where none runs. */
    public function id(): ?string;

    /** What its client has called it. */
    public function name(): ?string;

    /** What its client has sent along. */
    public function context(): mixed;

    /** When it will have run for too long, as microtime(true) tells the time; null when there is no limit. */
    public function deadline(): ?float;

    /** The span of a distributed trace in which it runs, as W3C Trace Context writes it; null when there is none. */
    public function traceparent(): ?string;

    /** The id that tasks which it submits name as their parent's; null when they have none. */
    public function parentId(): ?string;
}
