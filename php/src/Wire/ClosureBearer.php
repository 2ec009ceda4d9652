<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

use B7s\Parallite\Codec\Codecs;
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
        if ($value instanceof \Closure) {
            return new self(Codecs::best()->encode($value), false);
        }
        return class_exists(Opis4::class)
            ? new self(Opis4::serialize($value), false)
            : new self(Codecs::best()->encode(static fn(): mixed => $value), true);
    }

    /** @throws \Throwable when it can't be unpacked, for lack of the library or of a class */
    public function value(): mixed
    {
        if (str_contains($this->packed, '"Opis\Closure\Box"')) {
            return Opis4::unserialize($this->packed);
        }
        $wrapper = @unserialize($this->packed); // quiet: the libraries were written for older versions of PHP
        if (!is_object($wrapper) || !method_exists($wrapper, 'getClosure')) {
            throw new \UnexpectedValueException('the library that packed the closures in this value is not installed '
                . 'here: ' . substr($this->packed, 0, 80));
        }
        $closure = $wrapper->getClosure();
        return $this->isGiver ? $closure() : $closure;
    }
}
