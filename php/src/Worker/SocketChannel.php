<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * A connection back to the daemon, opened with a one-time token. Nothing that a task prints can reach it.
 */
final class SocketChannel implements Channel
{
    private function __construct(private readonly FrameStream $frames)
    {
    }

    /**
     * @param string $address such as unix:///run/parallite/workers.sock or tcp://127.0.0.1:40001
     * @throws ChannelClosed when nobody listens
     */
    public static function connect(string $address, int $maxBytes): self
    {
        $context = stream_context_create(['socket' => ['tcp_nodelay' => true]]);
        $socket = @stream_socket_client($address, $errno, $error, 10, STREAM_CLIENT_CONNECT, $context);
        if ($socket === false) {
            throw new ChannelClosed("cannot connect to the daemon at $address: $error");
        }
        return new self(new FrameStream(SocketLine::of($socket) ?? new StreamLine($socket, $socket), $maxBytes));
    }

    public function read(): ?string
    {
        return $this->frames->read();
    }

    public function poll(): ?string
    {
        return $this->frames->poll();
    }

    public function isClosed(): bool
    {
        return $this->frames->isClosed();
    }

    public function write(string $body): void
    {
        $this->frames->write($body);
    }

    public function finish(): void
    {
        $this->frames->finish();
    }
}
