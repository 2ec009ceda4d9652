<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

use B7s\Parallite\Codec\Codecs;
use B7s\Parallite\Codec\Opis4Codec;
use Opis\Closure\Serializer as Opis4;

/**
 * Stands for a closure in a serialized value, or for a whole value with closures in its objects. A library of
 * closures packs it: opis/closure 4 packs any value, the others a closure, which may be one that gives the value.
 *
 * @internal
 */
final class ClosureBearer
{
    private function __construct(private readonly string $packed, private readonly bool $isGiver)
    {
    }

    /** @throws \Throwable when no library is installed, or it can't pack the value */
    public static function of(mixed $value): self
    {
        $codec = Codecs::best();
        return match (true) {
            $value instanceof \Closure => new self($codec->encode($value), false),
            $codec instanceof Opis4Codec => new self($codec->encodeValue($value), false),
            default => new self($codec->encode(static fn(): mixed => $value), true),
        };
    }

    /** @throws \Throwable when it can't be unpacked, for lack of the library or of a class */
    public function value(): mixed
    {
        if (str_contains($this->packed, '"Opis\Closure\Box"')) {
            return class_exists(Opis4::class) ? Opis4::unserialize($this->packed) : throw self::lacking('opis/closure 4');
        }
        $wrapper = @unserialize($this->packed); // quiet: the libraries were written for older versions of PHP
        if (!is_object($wrapper) || !method_exists($wrapper, 'getClosure')) {
            throw self::lacking('laravel/serializable-closure or opis/closure 3');
        }
        $closure = $wrapper->getClosure();
        return $this->isGiver ? $closure() : $closure;
    }

    private static function lacking(string $library): \UnexpectedValueException
    {
        return new \UnexpectedValueException("closures in this value were packed by $library, which is not installed "
            . 'here; install it on both sides');
    }
}
