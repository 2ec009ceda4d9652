<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\LaravelCodec;

require_once __DIR__ . '/fixtures.php';

final class LaravelCodecTest extends CodecContract
{
    protected function setUp(): void
    {
        if (!LaravelCodec::isInstalled()) {
            self::markTestSkipped('its library is not installed');
        }
    }

    protected static function codec(): ClosureCodec
    {
        return new LaravelCodec();
    }
}
