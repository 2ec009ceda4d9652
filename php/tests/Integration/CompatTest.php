<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Tests\Support\CompatTests;
use PHPUnit\Framework\TestCase;

/**
 * The names and ways of the upstream package, against the daemon that PARALLITE_SOCKET names.
 */
final class CompatTest extends TestCase
{
    use CompatTests;

    private static function socket(): string
    {
        return (string) getenv('PARALLITE_SOCKET');
    }
}
