<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\PayloadSecret;
use B7s\Parallite\TaskPayload;
use B7s\Parallite\Wire\Encoding;

/**
 * In place of the daemon, what a template is sent before it forks: small tasks of our own. What PHP makes at the first use
 * of code (caches, compiled patterns, classes) is there afterwards, and every fork has it already.
 *
 * @internal
 */
final class Rehearsal implements Line
{
    /** Rounds: some caches are made by the first task, and used by the next one. */
    private const ROUNDS = 2;

    private string $frames = '';

    /** @param Encoding ...$encodings in which requests may come */
    public function __construct(Encoding ...$encodings)
    {
        $payload = (new TaskPayload())->of(\Closure::bind(static fn(): int => 1, null, null), []);
        foreach ($encodings as $encoding) {
            $signed = Seals::sign(PayloadSecret::TASK, 'rehearsal', $payload);
            $task = ['type' => 'submit', 'task_id' => 'rehearsal', 'payload' => $signed];
            $requests = [['type' => 'ping', 'echo' => 1], $task, ['accept' => 'php'] + $task];
            for ($round = 0; $round < self::ROUNDS; $round++) {
                foreach ($requests as $request) {
                    $body = $encoding->encode($request);
                    $this->frames .= pack('N', strlen($body)) . $body;
                }
            }
        }
    }

    public function receive(int $atMost, Arrival $arrival = Arrival::Any): ?string
    {
        $bytes = substr($this->frames, 0, $atMost);
        $this->frames = substr($this->frames, $atMost);
        return $bytes === '' ? null : $bytes;
    }

    public function hasInput(?float $timeout = 0.0): bool
    {
        return true;
    }

    public function send(string $bytes): void
    {
    }

    public function stopReceiving(): bool
    {
        return false;
    }

    public function finish(): void
    {
    }
}
