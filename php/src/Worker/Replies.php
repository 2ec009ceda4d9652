<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;

/**
 * Writes the bodies of replies: task_id and ok come first in each, so that the daemon need not read on.
 */
final class Replies
{
    private const ERROR_LIMIT = 65_536;

    public function __construct(private readonly int $maxBytes)
    {
    }

    /**
     * @param mixed $result as {@see ResultNormalizer} left it
     * @param array<string, mixed> $details benchmark and output
     * @throws TaskRefused when the result has no form in the encoding, or too long a one
     */
    public function success(string $taskId, mixed $result, array $details, Encoding $encoding): string
    {
        if (is_string($result) && strlen($result) > $this->maxBytes) { // not worth the memory for a second copy
            throw $this->tooLarge(strlen($result));
        }
        $reply = ['task_id' => $taskId, 'ok' => true, 'result' => $result];
        if ($details !== []) {
            $reply += $details;
        }
        try {
            $body = $encoding->encode($reply);
        } catch (\JsonException $e) {
            throw ResultNormalizer::explain($result, $e);
        }
        if (strlen($body) > $this->maxBytes) {
            throw $this->tooLarge(strlen($body));
        }
        return $body;
    }

    /** @param array<string, mixed> $details class, file, line, trace …, benchmark and output */
    public function failure(?string $taskId, string $code, string $error, array $details, Encoding $encoding): string
    {
        return $encoding->encode([
            'task_id' => $taskId,
            'ok' => false,
            'error' => ExceptionReport::text($error, self::ERROR_LIMIT),
            'error_code' => $code,
        ] + $details);
    }

    /**
     * The same reply with word that this worker takes no further task: `worker_ends`. Without it the
     * daemon might hand one over before it sees the process end.
     */
    public static function asLast(string $body): string
    {
        if ($body[0] === '{') {
            return substr($body, 0, -1) . ',"worker_ends":true}';
        }
        $entries = ord($body[0]) & 0x0f;
        $isShort = (ord($body[0]) & 0xf0) === 0x80 && $entries < 15;
        return $isShort ? chr(0x80 | $entries + 1) . substr($body, 1) . "\xabworker_ends\xc3" : $body;
    }

    private function tooLarge(int $bytes): TaskRefused
    {
        return new TaskRefused('RESULT_TOO_LARGE', "the result of $bytes bytes exceeds max_payload_bytes="
            . "{$this->maxBytes}; return less, or raise it in parallite.json");
    }
}
