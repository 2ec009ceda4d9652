<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

use Opis\Closure\Serializer as Opis4;

/**
 * Stands for a closure, or for a whole value with closures in its objects, in what earlier versions of the client and
 * the worker have serialized. A library of closures has packed it: opis/closure 4 packs any value, the others a closure,
 * which may be one that gives the value.
 *
 * @internal
 */
final class ClosureBearer
{
    private function __construct(private readonly string $packed, private readonly bool $isGiver)
    {
    }

    /** @throws \Throwable when it can't be unpacked, for lack of the library or of a class */
    public function value(): mixed
    {
        $value = self::unpack($this->packed);
        return $this->isGiver ? $value() : $value;
    }

    /** @throws \Throwable when it can't be unpacked, for lack of the library or of a class */
    public static function unpack(string $packed): mixed
    {
        if (str_contains($packed, '"Opis\Closure\Box"')) {
            return class_exists(Opis4::class) ? Opis4::unserialize($packed) : throw self::lacking('opis/closure 4');
        }
        $wrapper = @unserialize($packed); // quiet: the libraries were written for older versions of PHP
        if (!is_object($wrapper) || !method_exists($wrapper, 'getClosure')) {
            throw self::lacking('laravel/serializable-closure or opis/closure 3');
        }
        return $wrapper->getClosure();
    }

    private static function lacking(string $library): \UnexpectedValueException
    {
        return new \UnexpectedValueException("closures in this value were packed by $library, which is not installed "
            . 'here; install it on both sides');
    }
}
