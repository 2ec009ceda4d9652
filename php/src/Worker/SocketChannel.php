<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * A connection back to the daemon, opened with a one-time token. Nothing that a task prints can reach it.
 */
final class SocketChannel
{
    /**
     * @param string $address such as unix:///run/parallite/workers.sock or tcp://127.0.0.1:40001
     * @throws ChannelClosed when nobody listens
     */
    public static function connect(string $address, int $maxBytes): Channel
    {
        return new Channel(self::line($address), $maxBytes);
    }

    /** @throws ChannelClosed when nobody listens */
    public static function line(string $address): Line
    {
        $socket = self::open($address);
        return SocketLine::of($socket) ?? new StreamLine($socket, $socket);
    }

    /**
     * @return resource
     * @throws ChannelClosed when nobody listens
     */
    public static function open(string $address): mixed
    {
        $context = stream_context_create(['socket' => ['tcp_nodelay' => true]]);
        $socket = @stream_socket_client($address, $errno, $error, 10, STREAM_CLIENT_CONNECT, $context);
        if ($socket === false) {
            throw new ChannelClosed("cannot connect to the daemon at $address: $error");
        }
        return $socket;
    }
}
