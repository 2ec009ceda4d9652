<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\AwaitTimedOut;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\TaskException;

/**
 * The result of a task, now or later.
 *
 * @template-covariant T
 */
final class Future
{
    /** @internal use {@see Client::submit()}. No exchange: the daemon has yet to be asked for the result */
    public function __construct(
        private readonly Client $client,
        private readonly string $id,
        private ?Exchange $exchange,
    ) {
    }

    public function id(): string
    {
        return $this->id;
    }

    /**
     * Waits for the result; again and again, if you like: the answer stays the same.
     *
     * @param ?float $timeout seconds to wait, null for as long as it takes
     * @return T
     * @throws TaskException when the task failed
     * @throws AwaitTimedOut when the time is over; the task goes on
     * @throws ConnectionException when the connection is lost; whether the task has run is not known
     */
    public function await(?float $timeout = null): mixed
    {
        $exchange = $this->exchange();
        if (!$exchange->wait($timeout)) {
            throw new AwaitTimedOut("task {$this->id} is not done after $timeout seconds");
        }
        $reply = $exchange->reply();
        if (($reply['ok'] ?? false) !== true) {
            throw TaskException::of($reply);
        }
        return $reply['result'] ?? null;
    }

    /** Whether await() would return, or throw, at once. */
    public function isDone(): bool
    {
        return $this->exchange()->wait(0.0);
    }

    /** Stops the task; await() then throws TaskCancelled. False when it had ended before. */
    public function cancel(): bool
    {
        return !$this->isDone() && $this->client->cancel($this->id);
    }

    /** What the task printed; waits for its end. */
    public function output(): string
    {
        $output = $this->exchange()->reply()['output'] ?? '';
        return is_string($output) ? $output : '';
    }

    /**
     * What the worker measured, if it was asked to; waits for the end of the task.
     *
     * @return array{execution_time_ms: float, memory_delta_mb: float, memory_peak_mb: float, cpu_time_ms: float}|null
     */
    public function benchmark(): ?array
    {
        $benchmark = $this->exchange()->reply()['benchmark'] ?? null;
        return is_array($benchmark) ? $benchmark : null;
    }

    private function exchange(): Exchange
    {
        return $this->exchange ??= $this->client->askForResult($this->id);
    }
}
