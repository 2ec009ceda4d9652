<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\Opis3Codec;

require_once __DIR__ . '/fixtures.php';

final class Opis3CodecTest extends CodecContract
{
    /** It is older than they are. */
    protected const CARRIES_ENUMS = false;

    protected function setUp(): void
    {
        if (!Opis3Codec::isInstalled()) {
            self::markTestSkipped('its library is not installed');
        }
    }

    protected static function codec(): ClosureCodec
    {
        return new Opis3Codec();
    }
}
