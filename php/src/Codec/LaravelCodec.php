<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use Closure;
use Laravel\SerializableClosure\SerializableClosure;
use Laravel\SerializableClosure\Serializers\Native;
use Laravel\SerializableClosure\Serializers\Signed;
use Laravel\SerializableClosure\Support\ReflectionClosure;

/**
 * laravel/serializable-closure 1 and 2, with the secret key and the rules for models that are set there.
 */
final class LaravelCodec implements ClosureCodec
{
    private readonly Guide $guide;

    /** For closures that are signed, which are wrapped in another way. */
    private readonly Guide $signedGuide;

    public function __construct()
    {
        $this->guide = new Guide(ReflectionClosure::class, Native::class);
        $this->signedGuide = new Guide(ReflectionClosure::class, Native::class);
    }

    public static function isInstalled(): bool
    {
        return class_exists(SerializableClosure::class);
    }

    public function encode(Closure $closure, ?Closure $hint = null): string
    {
        if (Signed::$signer !== null) {
            return self::signed($this->signedGuide->serialize($closure, $hint, static function (Closure $closure): array {
                $serializer = new Native($closure);
                return [$serializer, $serializer];
            }));
        }
        return $this->guide->again($closure) ?? $this->guide->serialize($closure, $hint, static function (Closure $closure): array {
            $wrapper = new SerializableClosure($closure);
            $serializer = ((array) $wrapper)["\0*\0serializable"] ?? null;
            return [$wrapper, $serializer instanceof Native ? $serializer : null];
        });
    }

    /**
     * What the library makes of a closure where a key is set, which would read the code by itself: its wrapper, in it
     * what signs, in it the closure as a string, and the signature.
     */
    private static function signed(string $payload): string
    {
        $signature = serialize(Signed::$signer->sign($payload));
        return sprintf(
            'O:%d:"%s":1:{s:12:"serializable";O:%d:"%s":%s}',
            strlen(SerializableClosure::class),
            SerializableClosure::class,
            strlen(Signed::class),
            Signed::class,
            substr($signature, strlen('a:')),
        );
    }
}
