<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

/**
 * One of the two ways in which a map is written into a frame's body.
 *
 * @internal
 */
interface Encoding
{
    /** The deepest nesting of a value that travels; a deeper one is taken for a circular one. */
    public const MAX_DEPTH = 512;

    /**
     * @return array<array-key, mixed>
     * @throws MalformedBody when the body holds no map
     */
    public function decode(string $body): array;

    /**
     * Encodes a map of scalars, arrays and what {@see map()} made.
     *
     * @param array<string, mixed> $map
     * @throws \JsonException when a string or a float has no form in this encoding
     */
    public function encode(array $map): string;

    /**
     * Encodes a map like {@see encode()}, with one more entry, a string, behind the others.
     *
     * @param array<string, mixed> $map
     * @return array{string, string} the body in two parts; a large string is the second one, where the encoding leaves
     *     it as it is, so that it need not be copied
     * @throws \JsonException
     */
    public function encodeWith(array $map, string $key, string $text): array;

    /**
     * The entries as a value that encodes as a map, even if there are none or their keys are 0, 1, 2 …
     * (which ext-msgpack can't write: there it becomes a list).
     *
     * @param array<array-key, mixed> $entries
     * @return object|array<array-key, mixed>
     */
    public function map(array $entries): object|array;

    /** Whether NAN, INF and strings that are not UTF-8 can travel. */
    public function isBinarySafe(): bool;
}
