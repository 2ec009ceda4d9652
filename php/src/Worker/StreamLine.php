<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * A pair of PHP streams, or one that is both.
 */
final class StreamLine implements Line
{
    private const SLICE = 1_048_576;

    /** Bytes that are read at once: each read takes memory for all that it may get. */
    private const CHUNK = 262_144;

    /** Writes without progress (a signal came in between) that are put up with in a row. */
    private const PATIENCE = 16;

    /**
     * @param resource $in
     * @param resource $out
     */
    public function __construct(private readonly mixed $in, private readonly mixed $out)
    {
        stream_set_read_buffer($in, 0);
        stream_set_timeout($in, -1); // a socket's reads would end after default_socket_timeout
    }

    public function receive(int $atMost, Arrival $arrival = Arrival::Any): ?string
    {
        do {
            $bytes = @fread($this->in, min($atMost, self::CHUNK));
            if ($bytes !== '' && $bytes !== false) {
                return $bytes;
            }
        } while (!feof($this->in)); // a signal came in between
        return null;
    }

    public function hasInput(?float $timeout = 0.0): bool
    {
        $read = [$this->in];
        $write = $except = null;
        $seconds = $timeout === null ? null : (int) $timeout;
        $micros = $timeout === null ? null : (int) (($timeout - $seconds) * 1e6);
        return (int) @stream_select($read, $write, $except, $seconds, $micros) === 1;
    }

    public function send(string $bytes): void
    {
        $written = @fwrite($this->out, $bytes);
        $length = strlen($bytes);
        $stalls = 0;
        while ($written !== $length) {
            $more = @fwrite($this->out, substr($bytes, (int) $written, self::SLICE));
            $stalls = $more > 0 ? 0 : $stalls + 1;
            if ($stalls === self::PATIENCE) {
                throw new ChannelClosed('the daemon has gone');
            }
            $written = (int) $written + (int) $more;
        }
    }

    public function stopReceiving(): bool
    {
        return @stream_socket_shutdown($this->in, STREAM_SHUT_RD);
    }

    public function finish(): void
    {
        if (!@stream_socket_shutdown($this->out, STREAM_SHUT_WR)) {
            @fclose($this->out);
        }
    }
}
