<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Tests\Support\OwnDaemonTests;
use PHPUnit\Framework\TestCase;

/**
 * Programs for the upstream package that start the daemon whose executable PARALLITE_BIN names.
 */
final class OwnDaemonTest extends TestCase
{
    use OwnDaemonTests;

    public static function setUpBeforeClass(): void
    {
        if (getenv('PARALLITE_BIN') === false) {
            self::fail('PARALLITE_BIN must name the daemon\'s executable');
        }
    }

    private static function binary(): string
    {
        return (string) getenv('PARALLITE_BIN');
    }
}
