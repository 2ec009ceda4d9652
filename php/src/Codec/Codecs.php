<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use ReflectionFunction;

/**
 * The libraries for closures. None is needed: what is given to a client as its codec packs closures in place of our own.
 */
final class Codecs
{
    /** The schemes of their streams, from which they include the code that they rebuild. */
    private const LARAVEL = 'laravel-serializable-closure';
    private const OPIS = 'closure';

    private static ?ClosureCodec $best = null;

    private function __construct()
    {
    }

    /**
     * The best that is installed, to be given to a client: inside of Laravel its own, whose key and rules for models
     * apply; else opis/closure 4, laravel/serializable-closure or opis/closure 3, in this order.
     *
     * @throws ClosureNotSerializable when none is
     */
    public static function best(): ClosureCodec
    {
        set_error_handler(static fn(): bool => true, E_DEPRECATED); // opis/closure 3 is older than this PHP
        try {
            return self::$best ??= self::find();
        } finally {
            restore_error_handler();
        }
    }

    /** The library that has rebuilt a closure, or one around it, from a payload: only that knows its code. */
    public static function thatRebuilt(ReflectionFunction $closure): ?ClosureCodec
    {
        $scheme = strstr((string) $closure->getFileName(), '://', true);
        return match (true) {
            $scheme === self::LARAVEL && LaravelCodec::isInstalled() => new LaravelCodec(),
            $scheme === self::OPIS && Opis4Codec::isInstalled() => new Opis4Codec(),
            $scheme === self::OPIS && Opis3Codec::isInstalled() => new Opis3Codec(),
            default => null,
        };
    }

    private static function find(): ClosureCodec
    {
        $isLaravel = class_exists('Illuminate\Foundation\Application', false);
        return match (true) {
            $isLaravel && LaravelCodec::isInstalled() => new LaravelCodec(),
            Opis4Codec::isInstalled() => new Opis4Codec(),
            LaravelCodec::isInstalled() => new LaravelCodec(),
            Opis3Codec::isInstalled() => new Opis3Codec(),
            default => throw new ClosureNotSerializable('no library for closures is installed; '
                . 'composer require opis/closure (or laravel/serializable-closure)'),
        };
    }
}
