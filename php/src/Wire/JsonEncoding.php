<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

/**
 * JSON, with Unicode and slashes as they are and 1.0 kept apart from 1.
 *
 * @internal
 */
final class JsonEncoding implements Encoding
{
    private const FLAGS = JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES
        | JSON_PRESERVE_ZERO_FRACTION;

    public function decode(string $body): array
    {
        $map = json_decode($body, true, self::MAX_DEPTH + 2);
        if (!is_array($map)) {
            throw new MalformedBody('the body is not a JSON object: ' . json_last_error_msg());
        }
        return $map;
    }

    public function encode(array $map): string
    {
        return json_encode($map, self::FLAGS, self::MAX_DEPTH + 2);
    }

    public function encodeWith(array $map, string $key, string $text): array
    {
        return [$this->encode($map + [$key => $text]), ''];
    }

    public function map(array $entries): object
    {
        return (object) $entries;
    }

    public function isBinarySafe(): bool
    {
        return false;
    }
}
