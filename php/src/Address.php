<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * Where a daemon listens.
 *
 * @internal
 */
final class Address
{
    private function __construct(public readonly string $uri)
    {
    }

    /** The given address, else the one in PARALLITE_SOCKET, else the daemon's default. */
    public static function find(?string $address): self
    {
        if ($address !== null && $address !== '') {
            return self::parse($address);
        }
        $variable = getenv('PARALLITE_SOCKET');
        if (is_string($variable) && $variable !== '') {
            return self::parse($variable);
        }
        return new self(PHP_OS_FAMILY === 'Windows' ? 'tcp://127.0.0.1:9876' : 'unix:///tmp/parallite.sock');
    }

    /** A path, host:port, or either as a URI. */
    private static function parse(string $address): self
    {
        if (str_contains($address, '://')) {
            return new self($address);
        }
        if (preg_match('~^(\[[\da-f:]+]|[^/\\\\:]+):\d+$~iD', $address) === 1) {
            return new self("tcp://$address");
        }
        return new self("unix://$address");
    }
}
