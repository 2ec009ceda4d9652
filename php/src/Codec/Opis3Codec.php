<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use Closure;
use Opis\Closure\ISecurityProvider;
use Opis\Closure\ReflectionClosure;
use Opis\Closure\SerializableClosure;
use Opis\Closure\Serializer;

/**
 * opis/closure 3, with the security provider that is set there. On PHP 8.4 it does not find the namespace of a closure:
 * one whose names depend on it is refused.
 */
final class Opis3Codec implements ClosureCodec
{
    private ?Guide $guide = null;

    /** What signs the payloads that the guide has kept. */
    private ?ISecurityProvider $security = null;

    public static function isInstalled(): bool
    {
        return !class_exists(Serializer::class) && class_exists(SerializableClosure::class);
    }

    public function encode(Closure $closure, ?Closure $hint = null): string
    {
        return $this->guide()->serialize($closure, $hint, static function (Closure $closure): array {
            $wrapper = new SerializableClosure($closure);
            return [$wrapper, $wrapper];
        });
    }

    private function guide(): Guide
    {
        $security = SerializableClosure::getSecurityProvider();
        if ($this->guide === null || $this->security !== $security) {
            $this->security = $security;
            $this->guide = new Guide(ReflectionClosure::class, SerializableClosure::class, PHP_VERSION_ID >= 80400);
        }
        return $this->guide;
    }
}
