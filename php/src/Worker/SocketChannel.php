<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * A connection back to the daemon, opened with a one-time token. Nothing that a task prints can reach it.
 */
final class SocketChannel implements Channel
{
    /** @param resource $socket */
    private function __construct(private readonly mixed $socket, private readonly FrameStream $frames)
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
        stream_set_timeout($socket, -1); // else reads end after default_socket_timeout
        $plain = self::plainStreamOf($socket) ?? $socket;
        return new self($socket, new FrameStream($plain, $plain, $maxBytes));
    }

    /**
     * The same descriptor without PHP's socket layer, which asks poll() before every read. Where /proc
     * doesn't tell the descriptor, null.
     *
     * @param resource $socket
     * @return resource|null
     */
    private static function plainStreamOf(mixed $socket): mixed
    {
        $inode = fstat($socket)['ino'] ?? 0;
        foreach (is_dir('/proc/self/fd') ? scandir('/proc/self/fd') : [] as $descriptor) {
            $link = "/proc/self/fd/$descriptor"; // looked at first: an include may have made warnings exceptions
            if ($inode > 0 && is_link($link) && readlink($link) === "socket:[$inode]") {
                return fopen("php://fd/$descriptor", 'r+') ?: null;
            }
        }
        return null;
    }

    public function read(): ?string
    {
        return $this->frames->read();
    }

    public function write(string $body): void
    {
        $this->frames->write($body);
    }

    public function finish(): void
    {
        @stream_socket_shutdown($this->socket, STREAM_SHUT_WR);
    }
}
