<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * A socket used through ext-sockets: one system call for what is received, where PHP's own streams ask poll() before
 * every read.
 *
 * Who sleeps in recv() on a domain socket of Linux is also woken when the other end reads what it had sent. That
 * helps one who waits for the answer to its reply: its processor is awake by then. Where all processors are busy it
 * only costs, the daemon most of all; poll() sleeps through it.
 */
final class SocketLine implements Line
{
    /** The number of EINTR on the systems that PHP runs on: a signal came in between. */
    private const INTERRUPTED = 4;

    private readonly StreamLine $polling;

    /** @param resource $stream what the socket was opened as, and what closes it in the end */
    private function __construct(private readonly \Socket $socket, private readonly mixed $stream)
    {
        $this->polling = new StreamLine($stream, $stream);
    }

    /**
     * The socket behind a stream; null where ext-sockets is not there.
     *
     * @param resource $stream
     */
    public static function of(mixed $stream): ?self
    {
        $socket = function_exists('socket_import_stream') ? @socket_import_stream($stream) : false;
        return $socket instanceof \Socket ? new self($socket, $stream) : null;
    }

    public function receive(int $atMost, Arrival $arrival = Arrival::Any): ?string
    {
        if ($arrival === Arrival::Soon) {
            return $this->polling->receive($atMost);
        }
        $flags = $arrival === Arrival::Due ? MSG_WAITALL : 0;
        do {
            $received = @socket_recv($this->socket, $bytes, $atMost, $flags);
        } while ($received === false && socket_last_error($this->socket) === self::INTERRUPTED);
        return $received > 0 ? $bytes : null;
    }

    public function hasInput(?float $timeout = 0.0): bool
    {
        return $this->polling->hasInput($timeout);
    }

    public function send(string $bytes): void
    {
        $length = strlen($bytes);
        $sent = 0;
        while ($sent < $length) {
            $rest = $sent === 0 ? $bytes : substr($bytes, $sent);
            $step = @socket_write($this->socket, $rest);
            if ($step === false && socket_last_error($this->socket) !== self::INTERRUPTED) {
                throw new ChannelClosed('the daemon has gone');
            }
            $sent += (int) $step;
        }
    }

    public function stopReceiving(): bool
    {
        return $this->polling->stopReceiving();
    }

    public function finish(): void
    {
        @stream_socket_shutdown($this->stream, STREAM_SHUT_WR);
    }
}
