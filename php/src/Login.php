<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;
use SensitiveParameter;

/**
 * Shows the token on a connection that has just been opened.
 *
 * @internal
 */
final class Login
{
    /** Bytes of the longest answer. */
    private const LONGEST = 4096;

    private function __construct()
    {
    }

    /**
     * @param resource $socket one that blocks
     * @param float $timeout seconds for the answer
     * @throws ConnectionException when it isn't the token, or nobody answers in time
     */
    public static function at(mixed $socket, string $uri, #[SensitiveParameter] string $token, float $timeout): void
    {
        stream_set_timeout($socket, (int) $timeout, (int) (($timeout - (int) $timeout) * 1e6));
        $body = (string) json_encode(['type' => 'auth', 'token' => $token], JSON_INVALID_UTF8_SUBSTITUTE);
        $answer = Quietly::call(static function () use ($socket, $body): mixed {
            fwrite($socket, pack('N', strlen($body)) . $body);
            $header = stream_get_contents($socket, 4);
            if (!is_string($header) || strlen($header) < 4) {
                return null;
            }
            return json_decode((string) stream_get_contents($socket, min(self::LONGEST, unpack('N', $header)[1])), true);
        });
        if (!is_array($answer)) {
            throw new ConnectionException("what listens at $uri has not answered to the token as Parallite does; look whether "
                . 'it is a daemon of a version that knows tokens, and whether the address is a tls:// one');
        }
        if (($answer['ok'] ?? false) !== true) {
            $reason = isset($answer['error']) && is_string($answer['error']) ? $answer['error'] : 'it gives no reason';
            throw new ConnectionException("the daemon at $uri refuses this client: $reason; compare its auth_token_file with "
                . 'PARALLITE_AUTH_TOKEN_FILE here');
        }
    }
}
