<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\PayloadSecret;
use B7s\Parallite\Wire\PhpValue;

/**
 * Verifies what comes into this worker and signs what leaves it, where the worker has a {@see PayloadSecret}.
 */
final class Seals
{
    /** What "m:" begins with in base64. */
    private const MARK_IN_BASE64 = 'bT';

    private static ?PayloadSecret $secret = null;

    private function __construct()
    {
    }

    /** What this process, and each that it forks, verifies and signs with; null: nothing is signed. */
    public static function useSecret(?PayloadSecret $secret): void
    {
        self::$secret = $secret;
    }

    public static function areRequired(): bool
    {
        return self::$secret !== null;
    }

    /**
     * @param array<array-key, mixed> $task as it came in
     * @return array<array-key, mixed> the same, its payload without the signature
     * @throws TaskRefused INVALID_SIGNATURE
     */
    public static function ofTask(array $task): array
    {
        $payload = isset($task['payload']) && is_string($task['payload']) ? self::plain($task['payload']) : '';
        if (self::$secret === null) {
            if (PayloadSecret::isSigned($payload)) {
                throw self::refused('the payload is signed, and the worker has no secret to verify it; name its file in '
                    . PayloadSecret::VARIABLE . ' in the environment of the daemon');
            }
            return $task;
        }
        if (isset($task['command']) || isset($task['context'])) {
            throw self::refused('this worker runs what is signed, and commands and a context are not');
        }
        try {
            $task['payload'] = self::$secret->verified(PayloadSecret::TASK, (string) ($task['task_id'] ?? ''), $payload);
        } catch (\UnexpectedValueException $e) {
            throw self::refused($e->getMessage());
        }
        return $task;
    }

    /** A signed payload without its base64. */
    private static function plain(string $payload): string
    {
        $bytes = str_starts_with($payload, self::MARK_IN_BASE64) ? base64_decode($payload, true) : false;
        return $bytes !== false && PayloadSecret::isSigned($bytes) ? $bytes : $payload;
    }

    private static function refused(string $why): TaskRefused
    {
        return new TaskRefused('INVALID_SIGNATURE', $why);
    }

    /**
     * @param string $blob of a value that was sent to the running task
     * @throws \UnexpectedValueException
     */
    public static function ofMessage(string $id, string $blob): string
    {
        return self::$secret?->verified(PayloadSecret::MESSAGE, $id, PhpValue::plain($blob)) ?? $blob;
    }

    /** @param string $kind what the bytes are, by a constant of {@see PayloadSecret} */
    public static function sign(string $kind, string $id, string $bytes): string
    {
        return self::$secret?->sign($kind, $id, $bytes) ?? $bytes;
    }
}
