<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use Opis\Closure\Serializer;

/**
 * opis/closure 4.
 */
final class Opis4Codec implements ClosureCodec
{
    public static function isInstalled(): bool
    {
        return class_exists(Serializer::class);
    }

    public function encode(Closure $closure, ?Closure $hint = null): string
    {
        $packing = Packing::of($closure, $hint);
        if ($packing->source !== null && !$packing->source->isFirst) {
            $where = "line {$packing->reflection->getStartLine()} of {$packing->reflection->getFileName()}";
            throw new ClosureNotSerializable("another closure begins before this one in $where, and opis/closure would "
                . 'take that one; write each in a line of its own');
        }
        return $packing->serialize(static fn(): string => Serializer::serialize($packing->closure));
    }
}
