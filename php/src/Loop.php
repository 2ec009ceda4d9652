<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Revolt\LoopBridge;
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

    /** Whether fibers wait, or have waited, in Revolt's event loop. */
    private static bool $isBridged = false;

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

    /** Runs what {@see later()} was given. What one of them throws leaves those behind it for the next time. */
    public static function callBack(): void
    {
        while (self::$callbacks !== []) {
            // one by one: it may wait for something itself, and then the others are not to wait for it
            array_shift(self::$callbacks)();
        }
        if (self::$isBridged) {
            LoopBridge::settle();
        }
    }

    /**
     * Waits until it is so.
     *
     * @param Closure(): bool $isSo
     * @param ?float $timeout seconds; 0.0 looks at what has come without waiting
     * @param bool $isBlocking whether the whole process waits, also where an event loop would do other things meanwhile
     * @return bool false when the time is over before it is
     */
    public static function until(Closure $isSo, ?float $timeout, bool $isBlocking = false): bool
    {
        self::callBack();
        if ($timeout !== 0.0 && LoopBridge::isNeeded() && !$isBlocking) {
            self::$isBridged = true;
            return $isSo() || LoopBridge::until($isSo, $timeout);
        }
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
        [$read, $write] = self::streams();
        if ($read === []) {
            self::rest($timeout);
            return;
        }
        $except = null;
        $seconds = $timeout === null ? null : (int) $timeout;
        $micros = $timeout === null ? null : (int) (($timeout - (int) $timeout) * 1e6);
        // false: a signal came in between; its handler has run, and the caller looks again
        $isReady = (int) @stream_select($read, $write, $except, $seconds, $micros) > 0;
        self::transfer($isReady ? $read : [], $isReady ? $write : []);
    }

    /**
     * @internal
     * @return array{array<int, resource>, array<int, resource>} what to wait for, reading and writing, by connection
     */
    public static function streams(): array
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
        return [$read, $write];
    }

    /**
     * Sends and takes in what is possible, and calls back.
     *
     * @internal
     * @param array<int, resource> $read those that are readable, by connection
     * @param array<int, resource> $write
     */
    public static function transfer(array $read, array $write): void
    {
        foreach ($write as $id => $_) {
            (self::$connections[$id] ?? null)?->flush();
        }
        foreach ($read as $id => $_) {
            (self::$connections[$id] ?? null)?->receive();
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
