<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Client;
use B7s\Parallite\Tests\Support\ClientTests;
use B7s\Parallite\Tests\Support\ManyTasksTests;
use B7s\Parallite\Tests\Support\MiniDaemon;
use B7s\Parallite\Tests\Support\RealConditionsTests;
use PHPUnit\Framework\TestCase;

/**
 * The client, with real workers under a daemon in miniature.
 */
final class ClientTest extends TestCase
{
    use ClientTests;
    use ManyTasksTests;
    use RealConditionsTests;

    private static ?MiniDaemon $daemon = null;

    public static function setUpBeforeClass(): void
    {
        self::$daemon = new MiniDaemon();
    }

    public static function tearDownAfterClass(): void
    {
        self::$daemon?->stop();
    }

    private static function client(): Client
    {
        return new Client(self::$daemon?->socket);
    }

    private static function address(): ?string
    {
        return self::$daemon?->socket;
    }
}
