<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Error;
use InvalidArgumentException;
use SensitiveParameter;
use UnexpectedValueException;

/**
 * A secret that programs and workers share, and the daemon does not know. What one sends and the other unserializes is
 * signed with it, by HMAC-SHA-256: payloads, results, exceptions, emitted values and messages. So a process that gets hold
 * of the socket, or of Redis, runs no code in workers and brings no objects into programs.
 *
 * A signature covers the id of the task and what the bytes are, so that none is taken for another. It does not tell the first
 * time from the second: who has seen a task may have it run again.
 *
 * @internal
 */
final class PayloadSecret
{
    /** Names the file that holds the secret, for programs and for workers. */
    public const VARIABLE = 'PARALLITE_PAYLOAD_SECRET_FILE';

    public const TASK = 'task';
    public const RESULT = 'result';
    public const EXCEPTION = 'exception';
    public const VALUE = 'value';
    public const MESSAGE = 'message';

    private const ALGORITHM = 'sha256';

    /** Begins what is signed; no serialized value, name or text in base64 does so. */
    private const MARK = 'm:';

    /** Behind the mark and the digits of the signature. */
    private const BEGIN = 2 + 64 + 1;

    private const SHORTEST = 32;
    private const LONGEST = 4_096;

    private function __construct(
        #[SensitiveParameter]
        private readonly string $secret,
    ) {
    }

    /**
     * @param string $file with 32 to 4,096 bytes; line ends behind them do not count
     * @throws InvalidArgumentException when it can't be read, or holds no such secret
     */
    public static function inFile(string $file): self
    {
        $content = Quietly::call(static fn(): string|false => file_get_contents($file, false, null, 0, self::LONGEST + 3));
        $secret = is_string($content) ? rtrim($content, "\r\n") : '';
        $length = strlen($secret);
        return match (true) {
            !is_string($content) => throw self::unusable($file, 'cannot be read by this user'),
            $length < self::SHORTEST => throw self::unusable($file, "holds $length bytes, at least " . self::SHORTEST . ' are needed'),
            $length > self::LONGEST => throw self::unusable($file, 'holds more than a secret: over ' . self::LONGEST . ' bytes'),
            default => new self($secret),
        };
    }

    private static function unusable(string $file, string $why): InvalidArgumentException
    {
        return new InvalidArgumentException("the file of the payload secret, $file, $why; make one by `openssl rand -hex 32`, the same "
            . 'for programs and workers, which ' . self::VARIABLE . ' names');
    }

    /** @throws InvalidArgumentException {@see inFile()} */
    public static function inEnvironment(): ?self
    {
        $file = getenv(self::VARIABLE);
        return is_string($file) && $file !== '' ? self::inFile($file) : null;
    }

    /** Whether bytes are signed, by whatever secret. */
    public static function isSigned(string $bytes): bool
    {
        return str_starts_with($bytes, self::MARK) && preg_match('/^m:[0-9a-f]{64}:/', $bytes) === 1;
    }

    /**
     * @param string $kind what the bytes are, one of the constants
     * @param string $id of the task that they belong to
     */
    public function sign(string $kind, string $id, string $bytes): string
    {
        return self::MARK . $this->signature($kind, $id, $bytes) . ":$bytes";
    }

    /**
     * @return string the bytes, without their signature
     * @throws UnexpectedValueException when they are not signed with this secret, for this kind and task
     */
    public function verified(string $kind, string $id, string $signed): string
    {
        if (!self::isSigned($signed)) {
            throw new UnexpectedValueException("the $kind is not signed; let programs and workers use the same payload secret");
        }
        $bytes = substr($signed, self::BEGIN);
        if (!hash_equals($this->signature($kind, $id, $bytes), substr($signed, strlen(self::MARK), 64))) {
            throw new UnexpectedValueException("the $kind has a wrong signature; let programs and workers use the same payload secret");
        }
        return $bytes;
    }

    private function signature(string $kind, string $id, string $bytes): string
    {
        $hash = hash_init(self::ALGORITHM, HASH_HMAC, $this->secret);
        hash_update($hash, "parallite $kind " . strlen($id) . " $id");
        hash_update($hash, $bytes);
        return hash_final($hash);
    }

    /** @return array{} */
    public function __debugInfo(): array
    {
        return [];
    }

    /**
     * @return array{} never
     * @throws Error always
     */
    public function __serialize(): array
    {
        throw new Error('a payload secret does not travel: name its file where it is needed');
    }
}
