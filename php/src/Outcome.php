<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Value\Deserializer;
use Throwable;

/**
 * What came out of a task: its value or its failure, and what is known besides. Values are unserialized when
 * they are first asked for, and remain the same then.
 *
 * @internal
 */
final class Outcome
{
    private mixed $value = null;

    private ?Throwable $failure = null;

    /**
     * @param array<array-key, mixed>|null $reply not opened yet
     * @param ?ValueReader $values rebuilds what is in it
     */
    private function __construct(
        private ?array $reply,
        private readonly string $output = '',
        private readonly ?TaskStats $stats = null,
        private readonly ?Origin $origin = null,
        private readonly ?ValueReader $values = null,
    ) {
    }

    /**
     * @param array<array-key, mixed> $reply
     * @param ?Origin $origin where the task was submitted
     * @param ?ValueReader $values rebuilds what is in it
     */
    public static function ofReply(array $reply, ?Origin $origin = null, ?ValueReader $values = null): self
    {
        $output = $reply['output'] ?? '';
        $text = is_string($output) ? $output : '';
        $benchmark = $reply['benchmark'] ?? null;
        $stats = is_array($benchmark) ? TaskStats::of($benchmark) : null;
        return new self($reply, $text, $stats, $origin, $values);
    }

    /** @param ?self $source what it was made of, whose output and stats it takes over */
    public static function value(mixed $value, string $output = '', ?self $source = null): self
    {
        $outcome = self::besides($output, $source);
        $outcome->value = $value;
        return $outcome;
    }

    public static function failure(Throwable $failure, string $output = '', ?self $source = null): self
    {
        $outcome = self::besides($output, $source);
        $outcome->failure = $failure;
        return $outcome;
    }

    /** What is known besides the value or the failure. */
    private static function besides(string $output, ?self $source): self
    {
        return $source === null ? new self(null, $output) : new self(null, $source->output, $source->stats);
    }

    /** @throws Throwable the task's failure */
    public function get(): mixed
    {
        $this->open();
        if ($this->failure !== null) {
            throw $this->failure;
        }
        return $this->value;
    }

    public function exception(): ?Throwable
    {
        $this->open();
        return $this->failure;
    }

    public function output(): string
    {
        return $this->output;
    }

    public function stats(): ?TaskStats
    {
        return $this->stats;
    }

    private function open(): void
    {
        if ($this->reply === null) {
            return;
        }
        Signals::hold(); // what a handler threw would be taken for a failure of the task
        try {
            $reply = $this->reply;
            if (($reply['ok'] ?? false) === true) {
                $this->openValue($reply);
            } else {
                $this->failure = $this->exceptionIn($reply);
                $isRemote = $this->failure !== null;
                $this->failure ??= TaskException::of($reply, null, $this->origin);
                $this->origin?->continueTrace($this->failure, $isRemote);
                TaskFailure::note($this->failure, $reply, $this->origin);
            }
            $this->reply = null;
        } finally {
            Signals::release();
        }
    }

    /** @param array<array-key, mixed> $reply */
    private function openValue(array $reply): void
    {
        $result = $reply['result'] ?? null;
        $values = $this->values ?? new ValueReader();
        $isSerialized = ($reply['result_encoding'] ?? null) === 'php' && is_string($result);
        if (!$isSerialized && !$values->wantsSignatures()) {
            $this->value = $result;
            return;
        }
        $bytes = $isSerialized ? $result : '';
        try {
            $this->value = $values->value(PayloadSecret::RESULT, self::idIn($reply), $bytes);
        } catch (Throwable $e) {
            $error = ['error' => 'the result cannot be rebuilt here: ' . Deserializer::reason($e)];
            $error += ['error_code' => 'RESULT_NOT_ENCODABLE'] + $reply;
            $this->failure = TaskException::of($error, $e, $this->origin);
            $this->origin?->continueTrace($this->failure, false);
            TaskFailure::note($this->failure, $error, $this->origin);
        }
    }

    /**
     * The task's own exception.
     *
     * @param array<array-key, mixed> $reply
     */
    private function exceptionIn(array $reply): ?Throwable
    {
        $exception = $reply['exception'] ?? null;
        return ($reply['exception_encoding'] ?? null) === 'php' && is_string($exception)
            ? ($this->values ?? new ValueReader())->exception(self::idIn($reply), $exception, $reply)
            : null;
    }

    /** @param array<array-key, mixed> $reply */
    private static function idIn(array $reply): string
    {
        return isset($reply['task_id']) && is_string($reply['task_id']) ? $reply['task_id'] : '';
    }
}
