<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use Closure;
use Laravel\SerializableClosure\SerializableClosure;
use Laravel\SerializableClosure\Serializers\Native;
use Laravel\SerializableClosure\Support\ReflectionClosure;

/**
 * laravel/serializable-closure 1 and 2, with the secret key and the rules for models that are set there.
 */
final class LaravelCodec implements ClosureCodec
{
    private readonly Guide $guide;

    public function __construct()
    {
        $this->guide = new Guide(ReflectionClosure::class, Native::class);
    }

    public static function isInstalled(): bool
    {
        return class_exists(SerializableClosure::class);
    }

    public function encode(Closure $closure, ?Closure $hint = null): string
    {
        return $this->guide->serialize($closure, $hint, static function (Closure $closure): array {
            $wrapper = new SerializableClosure($closure);
            $serializer = ((array) $wrapper)["\0*\0serializable"] ?? null;
            return [$wrapper, $serializer instanceof Native ? $serializer : null]; // a signed one can't be guided
        });
    }
}
