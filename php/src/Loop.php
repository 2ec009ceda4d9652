<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Closure;

/**
 * Waits: for all connections of this process on which replies are due, whichever future is awaited. So
 * futures of several clients can be awaited together, and the handlers of each run when its reply is in.
 *
 * @internal
 */
final class Loop
{
    /** @var array<int, Connection> those on which something is due, by object id */
    private static array $connections = [];

    /** @var list<Closure(): void> */
    private static array $callbacks = [];

    public static function watch(Connection $connection): void
    {
        self::$connections[spl_object_id($connection)] = $connection;
    }

    public static function forget(Connection $connection): void
    {
        unset(self::$connections[spl_object_id($connection)]);
    }

    /**
     * Calls back when the frames at hand have been taken in: what is called may use the connection again.
     *
     * @param Closure(): void $callback
     */
    public static function later(Closure $callback): void
    {
        self::$callbacks[] = $callback;
    }

    /** Runs what {@see later()} was given. */
    public static function callBack(): void
    {
        while (self::$callbacks !== []) {
            $callbacks = self::$callbacks;
            self::$callbacks = [];
            foreach ($callbacks as $i => $callback) {
                try {
                    $callback();
                } catch (\Throwable $e) {
                    // a listener of the program's; those behind it are still to be called
                    self::$callbacks = [...array_slice($callbacks, $i + 1), ...self::$callbacks];
                    throw $e;
                }
            }
        }
    }

    /**
     * Waits until it is so.
     *
     * @param Closure(): bool $isSo
     * @param ?float $timeout seconds; 0.0 looks at what has come without waiting
     * @return bool false when the time is over before it is
     */
    public static function until(Closure $isSo, ?float $timeout): bool
    {
        self::callBack();
        $deadline = $timeout === null ? null : microtime(true) + $timeout;
        while (!$isSo()) {
            $left = $deadline === null ? null : max(0.0, $deadline - microtime(true));
            self::turn($left);
            if ($left === 0.0) {
                return $isSo();
            }
        }
        return true;
    }

    /** Sends and takes in what is possible now; if nothing is, waits for it, at most $timeout seconds. */
    private static function turn(?float $timeout): void
    {
        $read = $write = [];
        foreach (self::$connections as $id => $connection) {
            $socket = $connection->socket();
            if ($socket === null) {
                continue; // and so it has told those who wait
            }
            $read[$id] = $socket;
            if ($connection->hasUnsent()) {
                $write[$id] = $socket;
            }
        }
        if ($read === []) {
            self::rest($timeout);
            return;
        }
        $except = null;
        $seconds = $timeout === null ? null : (int) $timeout;
        $micros = $timeout === null ? null : (int) (($timeout - (int) $timeout) * 1e6);
        // false: a signal came in between; its handler has run, and the caller looks again
        if ((int) @stream_select($read, $write, $except, $seconds, $micros) > 0) {
            foreach ($write as $id => $_) {
                (self::$connections[$id] ?? null)?->flush();
            }
            foreach ($read as $id => $_) {
                (self::$connections[$id] ?? null)?->receive();
            }
        }
        self::callBack();
    }

    private static function rest(?float $timeout): void
    {
        $calls = self::$callbacks !== [];
        self::callBack();
        if (!$calls && $timeout === null) {
            throw new \LogicException('a future is awaited that nothing can complete');
        }
        if (!$calls) {
            usleep((int) min($timeout * 1e6, 10_000));
        }
    }
}
