<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * The process at the other end of a Unix socket.
 *
 * @internal
 */
final class Peer
{
    /** The number of SO_PEERCRED on Linux, which PHP has no name for. It gives the process id first. */
    private const PEER_CREDENTIALS = 17;

    private function __construct()
    {
    }

    /**
     * The user as whom it runs, as the kernel knows it. Needs Linux and ext-sockets.
     *
     * @param resource $socket
     * @return ?int null where that is unknown
     */
    public static function userOf(mixed $socket): ?int
    {
        if (PHP_OS_FAMILY !== 'Linux' || !function_exists('socket_import_stream')) {
            return null;
        }
        $pid = Quietly::call(static function () use ($socket): mixed {
            $imported = socket_import_stream($socket);
            return $imported === false ? 0 : socket_get_option($imported, SOL_SOCKET, self::PEER_CREDENTIALS);
        });
        if (!is_int($pid) || $pid <= 0) {
            return null; // of another container, for one
        }
        // not the owner of /proc/PID: that is root for a process that forbids to be dumped
        $status = Quietly::call(static fn() => file_get_contents("/proc/$pid/status"));
        return preg_match('/^Uid:\s+\d+\s+(\d+)/m', (string) $status, $uid) === 1 ? (int) $uid[1] : null;
    }
}
