<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

use Throwable;

/**
 * A task that failed, or could not be sent. The subclasses tell the common ways; the error code tells all of them.
 */
class TaskException extends ParalliteException
{
    /** What the error code is when nobody has given one. */
    protected const ERROR_CODE = 'INTERNAL';

    /** @param array<array-key, mixed> $reply the daemon's reply, if there was one */
    final public function __construct(
        string $message = 'the task failed without a reason',
        private readonly array $reply = [],
        ?Throwable $previous = null,
    ) {
        parent::__construct($message, 0, $previous);
    }

    /**
     * The exception for a reply that says `ok: false`.
     *
     * @internal
     * @param array<array-key, mixed> $reply
     */
    public static function of(array $reply, ?Throwable $previous = null): self
    {
        $class = match ($reply['error_code'] ?? null) {
            'EXCEPTION' => RemoteException::class,
            'TIMEOUT' => TaskTimedOut::class,
            'CANCELLED' => TaskCancelled::class,
            'WORKER_CRASHED', 'FATAL', 'EXITED' => WorkerCrashed::class,
            'QUEUE_FULL', 'QUEUE_TIMEOUT' => QueueFull::class,
            'RESULT_NOT_ENCODABLE' => ResultNotSerializable::class,
            default => self::class,
        };
        $error = $reply['error'] ?? null;
        return new $class(is_string($error) ? $error : 'the task failed without a reason', $reply, $previous);
    }

    /** Such as TIMEOUT, INVALID_PAYLOAD or RESULT_TOO_LARGE; the protocol lists them all. */
    public function getErrorCode(): string
    {
        return $this->text('error_code') ?: static::ERROR_CODE;
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
