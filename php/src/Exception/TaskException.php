<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * A task that failed. The subclasses tell the common ways; the error code tells all of them.
 */
class TaskException extends ParalliteException
{
    /** @param array<array-key, mixed> $reply the daemon's reply */
    final public function __construct(private readonly array $reply)
    {
        $error = $reply['error'] ?? null;
        parent::__construct(is_string($error) ? $error : 'the task failed without a reason');
    }

    /**
     * The exception for a reply that says `ok: false`.
     *
     * @param array<array-key, mixed> $reply
     */
    public static function of(array $reply): self
    {
        return match ($reply['error_code'] ?? null) {
            'EXCEPTION' => new RemoteException($reply),
            'TIMEOUT' => new TaskTimedOut($reply),
            'CANCELLED' => new TaskCancelled($reply),
            'WORKER_CRASHED', 'FATAL', 'EXITED' => new WorkerCrashed($reply),
            'QUEUE_FULL', 'QUEUE_TIMEOUT' => new QueueFull($reply),
            default => new self($reply),
        };
    }

    /** Such as TIMEOUT, INVALID_PAYLOAD or RESULT_TOO_LARGE; the protocol lists them all. */
    public function getErrorCode(): string
    {
        return $this->text('error_code');
    }

    public function getTaskId(): string
    {
        return $this->text('task_id');
    }

    /** What the task printed before it failed. */
    public function getOutput(): string
    {
        return $this->text('output');
    }

    protected function text(string $field): string
    {
        $value = $this->reply[$field] ?? '';
        return is_scalar($value) ? (string) $value : '';
    }
}
