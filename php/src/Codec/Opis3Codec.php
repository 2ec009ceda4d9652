<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use Closure;
use Opis\Closure\ReflectionClosure;
use Opis\Closure\SerializableClosure;
use Opis\Closure\Serializer;

/**
 * opis/closure 3.
 */
final class Opis3Codec implements ClosureCodec
{
    private readonly Guide $guide;

    public function __construct()
    {
        $this->guide = new Guide(ReflectionClosure::class, SerializableClosure::class);
    }

    public static function isInstalled(): bool
    {
        return !class_exists(Serializer::class) && class_exists(SerializableClosure::class);
    }

    public function encode(Closure $closure, ?Closure $hint = null): string
    {
        return $this->guide->serialize($closure, $hint, static function (Closure $closure): array {
            $wrapper = new SerializableClosure($closure);
            return [$wrapper, $wrapper];
        });
    }
}
