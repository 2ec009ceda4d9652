<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

use B7s\Parallite\Origin;
use B7s\Parallite\TaskFailure;
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
     * @param ?Origin $origin where the task was submitted: its place where the task names none
     */
    public static function of(array $reply, ?Throwable $previous = null, ?Origin $origin = null): self
    {
        $class = match ($reply['error_code'] ?? null) {
            'EXCEPTION' => RemoteException::class,
            'TIMEOUT' => TaskTimedOut::class,
            'CANCELLED' => TaskCancelled::class,
            'WORKER_CRASHED', 'ABORTED', 'FATAL', 'EXITED' => WorkerCrashed::class,
            'QUEUE_FULL', 'QUEUE_TIMEOUT' => QueueFull::class,
            'QUOTA_EXCEEDED' => QuotaExceeded::class,
            'RESULT_NOT_ENCODABLE' => ResultNotSerializable::class,
            default => self::class,
        };
        $error = $reply['error'] ?? null;
        $message = is_string($error) ? $error : 'the task failed without a reason';
        if ($origin !== null && isset($reply['trace']) && is_string($reply['trace'])) {
            $reply['trace'] = ltrim("{$reply['trace']}\n") . $origin->text();
        }
        $e = new $class($message, $reply, $previous);
        [$file, $line] = [$reply['file'] ?? null, $reply['line'] ?? null];
        if (is_string($file) && $file !== '' && is_int($line)) {
            [$e->file, $e->line] = [$file, $line];
        } elseif ($origin !== null) {
            [$e->file, $e->line] = [$origin->file, $origin->line];
        }
        return $e;
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

    /**
     * What Laravel logs besides the message; see {@see TaskFailure::contextOf()}.
     *
     * @return array<string, scalar>
     */
    public function context(): array
    {
        return TaskFailure::contextOf($this) ?: TaskFailure::contextIn($this->reply);
    }

    protected function text(string $field): string
    {
        $value = $this->reply[$field] ?? '';
        return is_scalar($value) ? (string) $value : '';
    }
}
