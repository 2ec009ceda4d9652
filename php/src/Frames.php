<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * Bytes that have come from the daemon, cut into the bodies of frames: each has its length before it, in four bytes.
 *
 * A frame counts as taken before anybody looks at it: that may run code of the program, which uses the connection itself.
 *
 * @internal
 */
final class Frames
{
    /** Bytes that are read at once; more when the rest of a larger frame is due. */
    private const CHUNK = 65_536;

    private const LARGE_CHUNK = 1_048_576;

    private string $bytes = '';

    /** How many of them have been taken. */
    private int $taken = 0;

    /** Bytes of a frame that has begun to come, as far as is known. */
    private int $missing = 0;

    /** How many bytes to read next, at most. */
    public function wanted(): int
    {
        return max(self::CHUNK, min($this->missing, self::LARGE_CHUNK));
    }

    public function add(string $chunk): void
    {
        $this->bytes .= $chunk;
    }

    /** The body of the next frame; null when the rest of it has yet to come. */
    public function next(): ?string
    {
        $held = strlen($this->bytes) - $this->taken;
        if ($held >= 4) {
            $length = unpack('N', $this->bytes, $this->taken)[1];
            $this->missing = $length + 4 - $held;
            if ($this->missing <= 0) {
                $body = substr($this->bytes, $this->taken + 4, $length);
                $this->taken += $length + 4;
                return $body;
            }
        }
        if ($this->taken > 0) {
            $this->bytes = substr($this->bytes, $this->taken);
            $this->taken = 0;
        }
        return null;
    }

    public function clear(): void
    {
        $this->bytes = '';
        $this->taken = $this->missing = 0;
    }
}
