<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Client;
use B7s\Parallite\Tests\Support\ClientTests;
use PHPUnit\Framework\TestCase;

/**
 * The client against the daemon that PARALLITE_SOCKET names.
 */
final class ClientTest extends TestCase
{
    use ClientTests;

    public static function setUpBeforeClass(): void
    {
        if (getenv('PARALLITE_SOCKET') === false) {
            self::fail('PARALLITE_SOCKET must name the socket of a running daemon');
        }
    }

    private static function client(): Client
    {
        return new Client();
    }
}
