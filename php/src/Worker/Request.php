<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Traceparent;

/**
 * A task as it came in. Fields that a worker has no use for are ignored.
 */
final class Request
{
    /**
     * @param string|list<string>|null $command
     * @param array<string, string> $env
     * @param bool $acceptsPhp whether the client takes results and exceptions as what serialize() makes of them
     * @param bool $wantsPlainData whether it takes them so, but of its result only {@see PlainData}
     * @param bool $acceptsBase64 whether it takes bytes that its encoding does not carry in base64
     * @param bool $streams whether the client takes what the task emits
     * @param bool $streamsOutput whether the client takes what the task prints while it runs
     * @param ?string $name what the client calls it
     * @param ?int $timeoutMs how long it may run, if the client says that
     * @param ?string $traceparent the span of a distributed trace in which it runs
     */
    private function __construct(
        public readonly string $taskId,
        public readonly mixed $payload,
        public readonly mixed $context,
        public readonly ?bool $benchmark,
        public readonly string|array|null $command,
        public readonly ?string $cwd,
        public readonly array $env,
        public readonly bool $acceptsPhp,
        public readonly bool $wantsPlainData,
        public readonly bool $acceptsBase64,
        public readonly bool $streams,
        public readonly bool $streamsOutput,
        public readonly ?string $name,
        public readonly ?int $timeoutMs,
        public readonly ?string $traceparent,
    ) {
    }

    /**
     * @param array<array-key, mixed> $map
     * @throws TaskRefused when a field is missing or of the wrong type
     */
    public static function of(array $map): self
    {
        $taskId = $map['task_id'] ?? null;
        if (!is_string($taskId) || $taskId === '') {
            throw new TaskRefused('INVALID_REQUEST', 'task_id must be a string that is not empty');
        }
        $type = $map['type'] ?? 'submit';
        if ($type !== 'submit') {
            $shown = is_string($type) ? $type : get_debug_type($type);
            throw new TaskRefused('INVALID_REQUEST', "a worker takes requests of type submit only, not $shown");
        }
        $command = $map['command'] ?? null;
        if (!isset($map['payload']) && $command === null) {
            throw new TaskRefused('INVALID_REQUEST', 'the request has neither payload nor command');
        }
        if ($command !== null) {
            self::checkCommand($command, $map);
        }
        return self::read($taskId, $command, $map);
    }

    /**
     * @param string|list<string>|null $command
     * @param array<array-key, mixed> $map
     */
    private static function read(string $taskId, string|array|null $command, array $map): self
    {
        $payload = $context = $cwd = null;
        $env = [];
        if ($command === null) {
            $payload = $map['payload'];
            $context = $map['context'] ?? null;
        } else {
            $cwd = $map['cwd'] ?? null;
            $env = $map['env'] ?? [];
            $env = array_map(strval(...), $env);
        }
        $benchmark = $map['enable_benchmark'] ?? null;
        $benchmark = is_bool($benchmark) ? $benchmark : null;
        $accept = $map['accept'] ?? null;
        $acceptsPhp = $accept === 'php' || $accept === 'plain';
        $streamsOutput = ($map['stream_output'] ?? null) === true;
        $streams = $streamsOutput || ($map['stream'] ?? null) === true;
        $name = $map['name'] ?? null;
        $name = is_string($name) ? $name : null;
        $timeoutMs = $map['timeout_ms'] ?? null;
        $timeoutMs = is_numeric($timeoutMs) ? (int) $timeoutMs : null;
        $traceparent = $map['traceparent'] ?? null;
        return new self(
            $taskId,
            $payload,
            $context,
            $benchmark,
            $command,
            $cwd,
            $env,
            $acceptsPhp,
            $accept === 'plain',
            $accept === 'base64',
            $streams,
            $streamsOutput,
            $name,
            $timeoutMs,
            Traceparent::checked($traceparent),
        );
    }

    /** @param array<array-key, mixed> $map */
    private static function checkCommand(mixed $command, array $map): void
    {
        $words = is_array($command) ? $command : [$command];
        if ($words === [] || !array_is_list($words) || array_filter($words, is_string(...)) !== $words) {
            throw new TaskRefused('INVALID_REQUEST', 'command must be a string or a list of strings');
        }
        $cwd = $map['cwd'] ?? null;
        if ($cwd !== null && !is_string($cwd)) {
            throw new TaskRefused('INVALID_REQUEST', 'cwd must be a string');
        }
        $env = $map['env'] ?? [];
        if (!is_array($env) || array_filter($env, is_scalar(...)) !== $env) {
            throw new TaskRefused('INVALID_REQUEST', 'env must be a map of strings');
        }
    }
}
