<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Frames over blocking streams: a 4-byte big-endian length, then the body.
 */
final class FrameStream
{
    private const CHUNK = 65_536;
    private const LARGE_CHUNK = 1_048_576;

    /** Empty reads without an end of file (a signal came in between) that are put up with in a row. */
    private const PATIENCE = 16;

    private string $buffer = '';

    /**
     * @param resource $in
     * @param resource $out
     */
    public function __construct(private readonly mixed $in, private readonly mixed $out, private readonly int $maxBytes)
    {
        stream_set_read_buffer($in, 0);
    }

    /** @throws ChannelClosed when a frame is longer than allowed */
    public function read(): ?string
    {
        while (($held = strlen($this->buffer)) < 4) {
            $chunk = $this->receive(self::CHUNK);
            if ($chunk === null) {
                return null;
            }
            $this->buffer = $held === 0 ? $chunk : $this->buffer . $chunk;
        }
        $length = unpack('N', $this->buffer)[1];
        if ($length > $this->maxBytes) {
            throw new ChannelClosed("a frame of $length bytes exceeds max_payload_bytes={$this->maxBytes}");
        }
        while (($missing = $length + 4 - strlen($this->buffer)) > 0) {
            $chunk = $this->receive(min($missing, self::LARGE_CHUNK));
            if ($chunk === null) {
                return null;
            }
            $this->buffer .= $chunk;
        }
        $body = substr($this->buffer, 4, $length);
        $this->buffer = $missing === 0 ? '' : substr($this->buffer, $length + 4);
        return $body;
    }

    public function write(string $body): void
    {
        $length = strlen($body);
        if ($length <= self::CHUNK) {
            $this->send(pack('N', $length) . $body);
        } else {
            $this->send(pack('N', $length));
            $this->send($body);
        }
    }

    private function receive(int $atMost): ?string
    {
        for ($try = 0; $try < self::PATIENCE; $try++) {
            $chunk = @fread($this->in, $atMost);
            if ($chunk !== '' && $chunk !== false) {
                return $chunk;
            }
            if (feof($this->in)) {
                return null;
            }
        }
        return null;
    }

    private function send(string $bytes): void
    {
        $written = @fwrite($this->out, $bytes);
        $length = strlen($bytes);
        $stalls = 0;
        while ($written !== $length) {
            $more = @fwrite($this->out, substr($bytes, (int) $written, self::LARGE_CHUNK));
            $stalls = $more > 0 ? 0 : $stalls + 1;
            if ($stalls === self::PATIENCE) {
                throw new ChannelClosed('the daemon has gone');
            }
            $written = (int) $written + (int) $more;
        }
    }
}
