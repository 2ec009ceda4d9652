<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use Closure;

/**
 * A library that serializes closures.
 */
interface ClosureCodec
{
    /** Whether its library can be loaded. */
    public static function isInstalled(): bool;

    /**
     * The closure as a payload that workers rebuild which have the library, whatever client it comes from.
     *
     * @param ?Closure(): ?string $hint asked which of the closures in its line it is, where that is unknown: gives
     *     its code, as {@see CallSite} does, or null
     * @throws \B7s\Parallite\Exception\ClosureNotSerializable when what it captures can't travel, or it is
     *     uncertain which of the closures in its file it is
     */
    public function encode(Closure $closure, ?Closure $hint = null): string;
}
