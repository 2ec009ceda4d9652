<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

/**
 * The arrays that a search is in, from the outermost to the innermost. `serialize()` of some versions of PHP writes null,
 * silently, in the place of an array that it meets again within itself: below an object that holds the array that
 * it is in, as siblings that know each other do.
 *
 * @internal
 */
final class OpenArrays
{
    /** @var list<array{array<array-key, mixed>, array-key}> with the key of the entry that the search is in */
    private array $open = [];

    /** @param array<array-key, mixed> $values */
    public function enter(array $values, int|string $key): void
    {
        $this->open[] = [$values, $key];
    }

    public function leave(): void
    {
        \array_pop($this->open);
    }

    /**
     * Whether an array is likely to be one of them. PHP does not tell which arrays are one in memory; what does not have
     * the same entry under the key is another one.
     *
     * @param array<array-key, mixed> $values
     */
    public function mayHave(array $values): bool
    {
        foreach ($this->open as [$array, $key]) {
            if (\count($array) !== \count($values) || !isset($values[$key])) {
                continue;
            }
            [$entry, $other] = [$array[$key], $values[$key]];
            if (\is_array($entry) ? \is_array($other) && \count($entry) === \count($other) : $entry === $other) {
                return true;
            }
        }
        return false;
    }
}
