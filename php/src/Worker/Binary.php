<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;

/**
 * Bytes that need not be text, in an encoding that may carry text only: there they travel in base64, and a second
 * field says so.
 */
final class Binary
{
    /** @return array<string, string> the field, and where it is in base64 "{$name}_encoding" */
    public static function fields(string $name, string $bytes, Encoding $encoding): array
    {
        return self::isText($bytes) || $encoding->isBinarySafe()
            ? [$name => $bytes]
            : [$name => base64_encode($bytes), "{$name}_encoding" => 'base64'];
    }

    /**
     * A result that is bytes, or what a command printed.
     *
     * @return array<string, mixed> the field `result`, and where it is in base64 `result_encoding`; of a command,
     *     the result has `stdout_encoding` and `stderr_encoding`
     */
    public static function result(mixed $result, bool $isOfCommand, Encoding $encoding): array
    {
        if ($isOfCommand && is_array($result)) {
            return ['result' => self::fields('stdout', $result['stdout'], $encoding)
                + self::fields('stderr', $result['stderr'], $encoding) + $result];
        }
        return is_string($result) ? self::fields('result', $result, $encoding) : ['result' => $result];
    }

    public static function isText(string $bytes): bool
    {
        return preg_match('//u', $bytes) === 1;
    }

    /** How many bytes at the end begin a character in UTF-8 of which the rest is missing. */
    public static function begun(string $bytes): int
    {
        for ($back = 1, $most = min(3, strlen($bytes)); $back <= $most; $back++) {
            $byte = ord($bytes[-$back]);
            if ($byte < 0x80 || $byte > 0xf4) {
                return 0;
            }
            if ($byte >= 0xc2) {
                $length = 2 + (int) ($byte >= 0xe0) + (int) ($byte >= 0xf0);
                return $back < $length ? $back : 0;
            }
        }
        return 0;
    }

    /** The bytes without a character at their end that they break off in; what is no text stays as it is. */
    public static function wholeCharacters(string $bytes): string
    {
        for ($cut = 0; $cut <= 3 && $cut < strlen($bytes); $cut++) {
            $text = substr($bytes, 0, strlen($bytes) - $cut);
            if (self::isText($text)) {
                return $text;
            }
        }
        return $bytes;
    }
}
