<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * Bytes on their way to the daemon. Small frames are put together, so that one system call sends many of them; what
 * is large is kept as it is, and not copied.
 *
 * @internal
 */
final class Outbox
{
    /** The most that the network is given at once: about as much as the buffer of a socket takes. */
    private const SLICE = 131_072;

    /** Up to how many bytes parts are put together. */
    private const TOGETHER = 65_536;

    /** @var list<string> */
    private array $parts = [];

    /** Bytes of the first part that are gone. */
    private int $sent = 0;

    private int $bytes = 0;

    public function add(string $part): void
    {
        if ($part === '') {
            return;
        }
        $last = count($this->parts) - 1;
        if ($last >= 0 && strlen($this->parts[$last]) + strlen($part) <= self::TOGETHER) {
            $this->parts[$last] .= $part;
        } else {
            $this->parts[] = $part;
        }
        $this->bytes += strlen($part);
    }

    /** How many bytes are unsent. */
    public function bytes(): int
    {
        return $this->bytes;
    }

    public function clear(): void
    {
        $this->parts = [];
        $this->sent = $this->bytes = 0;
    }

    /**
     * Sends what the socket takes now.
     *
     * @param resource $socket
     * @return bool false when it is broken
     */
    public function sendTo(mixed $socket): bool
    {
        Quietly::begin();
        try {
            while ($this->bytes > 0) {
                $length = strlen($this->parts[0]);
                $slice = $length <= self::SLICE && $this->sent === 0
                    ? $this->parts[0]
                    : substr($this->parts[0], $this->sent, self::SLICE);
                $written = fwrite($socket, $slice);
                if ($written === false) {
                    return false;
                }
                $this->sent += $written;
                $this->bytes -= $written;
                if ($this->sent === $length) {
                    array_shift($this->parts);
                    $this->sent = 0;
                }
                if ($written < strlen($slice)) {
                    break; // the socket is full
                }
            }
            return true;
        } finally {
            Quietly::end();
        }
    }
}
