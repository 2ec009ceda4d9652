<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * The worker's line to the daemon: whole frames in, whole frames out, each a 4-byte big-endian length, then the
 * body. Opened by SocketChannel or StdioChannel.
 */
final class Channel
{
    private const CHUNK = 8_192;

    private string $buffer = '';

    private bool $isClosed = false;

    public function __construct(private Line $line, private readonly int $maxBytes)
    {
    }

    /** Frames go over another line from now on. */
    public function switchTo(Line $line): void
    {
        $this->line = $line;
    }

    /**
     * The body of the next frame, or null when the daemon has gone (even in the middle of a frame).
     *
     * @param Arrival $arrival when the frame is expected to begin
     * @throws ChannelClosed when a frame is longer than allowed
     */
    public function read(Arrival $arrival = Arrival::Any): ?string
    {
        while (($held = strlen($this->buffer)) < 4) {
            $chunk = $this->line->receive(self::CHUNK, $arrival);
            if ($chunk === null) {
                return null;
            }
            $this->buffer = $held === 0 ? $chunk : $this->buffer . $chunk;
        }
        $length = unpack('N', $this->buffer)[1];
        if ($length > $this->maxBytes) {
            throw new ChannelClosed("a frame of $length bytes exceeds max_payload_bytes={$this->maxBytes}");
        }
        if (strlen($this->buffer) < $length + 4) {
            return $this->readRest($length);
        }
        $body = substr($this->buffer, 4, $length);
        $this->buffer = substr($this->buffer, $length + 4);
        return $body;
    }

    /** The body of a frame of which the buffer holds the beginning, and nothing else. */
    private function readRest(int $length): ?string
    {
        $body = substr($this->buffer, 4);
        $this->buffer = '';
        while (($missing = $length - strlen($body)) > 0) {
            $chunk = $this->line->receive($missing, Arrival::Due);
            if ($chunk === null) {
                return null;
            }
            $body .= $chunk;
        }
        return $body;
    }

    /**
     * The body of a frame that is there already, else null.
     *
     * @param ?float $timeout seconds within which bytes may come, null for as long as it takes; a signal ends the waiting
     */
    public function poll(?float $timeout = 0.0): ?string
    {
        if (!$this->isClosed && !$this->holdsFrame() && $this->line->hasInput($timeout)) {
            $chunk = $this->line->receive(self::CHUNK);
            $this->isClosed = $chunk === null;
            $this->buffer .= $chunk;
        }
        return $this->holdsFrame() ? $this->read() : null;
    }

    /** Whether the end of the channel was seen. */
    public function isClosed(): bool
    {
        return $this->isClosed;
    }

    private function holdsFrame(): bool
    {
        $held = strlen($this->buffer);
        return $held >= 4 && $held >= 4 + unpack('N', $this->buffer)[1];
    }

    /**
     * @param bool $hasNext whether the next task has been taken already: an empty frame ahead says so
     * @throws ChannelClosed when the daemon has gone
     */
    public function write(string $body, bool $hasNext = false): void
    {
        $length = strlen($body);
        $ahead = $hasNext ? pack('NN', 0, $length) : pack('N', $length);
        if ($length <= self::CHUNK) {
            $this->line->send($ahead . $body);
        } else {
            $this->line->send($ahead);
            $this->line->send($body);
        }
    }

    /**
     * Has nothing more arrive, and gives the bodies of the frames that have come and were not read.
     *
     * @return list<string>
     * @throws ChannelClosed when a frame is longer than allowed
     */
    public function close(): array
    {
        $bodies = [];
        if ($this->line->stopReceiving()) {
            while (($body = $this->read()) !== null) {
                $bodies[] = $body;
            }
        }
        return $bodies;
    }

    /** Tells the daemon that no further reply will come. */
    public function finish(): void
    {
        $this->line->finish();
    }
}
