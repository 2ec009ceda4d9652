<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;

/**
 * Opens connections to one daemon, and starts it where it should and does not run.
 *
 * @internal
 */
final class Connector
{
    /** ENOENT, and ECONNREFUSED of macOS, Linux and Windows. */
    private const NOBODY_LISTENS = [2, 61, 111, 10061];

    public readonly string $uri;

    public function __construct(
        private readonly Address $address,
        private readonly ?Autostart $autostart = null,
        private readonly float $timeout = 10.0,
    ) {
        $this->uri = $address->uri;
    }

    /**
     * @return resource a socket that does not block
     * @throws DaemonNotRunning when nobody listens, and none may be started or none can
     * @throws ConnectionException
     */
    public function connect(): mixed
    {
        try {
            return $this->open();
        } catch (DaemonNotRunning $e) {
            if ($this->autostart === null) {
                throw $e;
            }
            $this->autostart->start($this->address, fn(): bool => $this->isAnswered());
            return $this->open();
        }
    }

    private function isAnswered(): bool
    {
        try {
            fclose($this->open());
            return true;
        } catch (DaemonNotRunning) {
            return false;
        }
    }

    /** @return resource */
    private function open(): mixed
    {
        $this->address->check();
        $socket = @stream_socket_client(
            $this->uri,
            $errno,
            $error,
            $this->timeout,
            STREAM_CLIENT_CONNECT,
            stream_context_create(['socket' => ['tcp_nodelay' => true]]),
        );
        if ($socket === false) {
            throw in_array($errno, self::NOBODY_LISTENS, true)
                ? new DaemonNotRunning("no Parallite daemon listens at {$this->uri} ($error); start it with "
                    . '`parallite`, or name its address in PARALLITE_SOCKET')
                : new ConnectionException("cannot connect to the daemon at {$this->uri}: $error");
        }
        stream_set_blocking($socket, false);
        stream_set_read_buffer($socket, 0);
        stream_set_write_buffer($socket, 0);
        return $socket;
    }
}
