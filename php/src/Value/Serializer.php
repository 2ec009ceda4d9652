<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use B7s\Parallite\Codec\ClosureCodec;
use Closure;
use Throwable;

/**
 * Writes arguments, what closures captured, and results: all that travels of PHP values. What holds no closure is what
 * `serialize()` makes of it, by one call; else a {@see Graph}. No variable and no object of the program is written to,
 * not even for a moment.
 *
 * @internal
 */
final class Serializer
{
    /** How often objects that were lazy, and now are not, may be looked at again. */
    private const MAX_TRIES = 3;

    /**
     * @param ?ClosureCodec $library packs the closures, in place of our own
     * @param ?Closure(Throwable, array<string, mixed>): array<string, mixed> $throwables what travels of exceptions,
     *     made of their properties
     */
    public function __construct(
        private readonly ?ClosureCodec $library = null,
        private readonly ?Closure $throwables = null,
    ) {
    }

    /**
     * @param string|array<int, string> $names of the value, in messages; {@see ValuePath::of()}
     * @param array<int, Closure(): ?string> $hints {@see \B7s\Parallite\Codec\ClosureCode::of()}, by id of the closure
     * @throws Refusal when something in it can't travel
     * @throws \B7s\Parallite\Exception\ClosureNotSerializable when it is a closure, and uncertain which code it runs
     */
    public function serialize(mixed $value, string|array $names = 'value', array $hints = []): string
    {
        return ($hints === [] ? Survey::serialize($value, $this->throwables === null) : null)
            ?? $this->serializeGraph($value, $names, $hints);
    }

    /**
     * The same of a value that is known to hold a closure.
     *
     * @param string|array<int, string> $names
     * @param array<int, Closure(): ?string> $hints
     * @param array<int, FoundClosure> $known what has been found of closures, by id
     * @throws Refusal
     * @throws \B7s\Parallite\Exception\ClosureNotSerializable
     */
    public function serializeGraph(mixed $value, string|array $names, array $hints, array $known = []): string
    {
        for ($try = 1;; $try++) {
            $found = new Discovery($names, $this->library, $hints, $this->throwables, $known);
            $found->explore($value);
            $graph = (new GraphWriter($found))->graphOf($value) ?? $value;
            try {
                return NativeFormat::write($graph);
            } catch (Throwable $e) {
                if ($try === self::MAX_TRIES || !str_contains($e->getMessage(), "'Closure'")) {
                    throw $found->refusalFor($e);
                }
            }
        }
    }
}
