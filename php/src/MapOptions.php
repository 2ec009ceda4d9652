<?php

declare(strict_types=1);

namespace B7s\Parallite;

use InvalidArgumentException;

/**
 * How a map goes over its items, as the arguments of {@see ClientInterface::imap()} have it.
 *
 * @internal
 */
final class MapOptions
{
    public readonly ChunkSize $chunk;

    public readonly ?Deadline $deadline;

    /**
     * @param int $concurrency how many tasks are in flight at most
     * @throws InvalidArgumentException when one of them is out of its range
     */
    public function __construct(
        public readonly int $concurrency,
        int|string $chunk,
        public readonly bool $ordered,
        public readonly bool $settled,
        ?float $deadline,
    ) {
        if ($concurrency < 1) {
            throw new InvalidArgumentException("concurrency is $concurrency; it must be at least 1");
        }
        $this->chunk = ChunkSize::of($chunk);
        $this->deadline = Deadline::in($deadline);
    }
}
