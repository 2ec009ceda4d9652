<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\Opis4Codec;

require_once __DIR__ . '/fixtures.php';

final class Opis4CodecTest extends CodecContract
{
    protected function setUp(): void
    {
        if (!Opis4Codec::isInstalled()) {
            self::markTestSkipped('its library is not installed');
        }
    }

    protected static function codec(): ClosureCodec
    {
        return new Opis4Codec();
    }
}
