<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Revolt\LoopBridge;
use Closure;
use SplMinHeap;
use SplQueue;
use Throwable;

/**
 * Waits: for all connections of this process on which replies are due, whichever future is awaited. So
 * futures of several clients can be awaited together, and the handlers of each run when its reply is in.
 *
 * Handlers of signals run here, between two steps, and may wait here themselves: a step begins with looking whether
 * that for which it waits has come meanwhile.
 *
 * @internal
 */
final class Loop
{
    /** @var array<int, Connection> those on which something is due, by object id */
    private static array $connections = [];

    /** @var SplQueue<Closure(): void>|null */
    private static ?SplQueue $callbacks = null;

    /** @var SplMinHeap<array{int, int, Closure(): void}>|null by the time at which they are due, of hrtime() */
    private static ?SplMinHeap $timers = null;

    private static int $timersSet = 0;

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
        (self::$callbacks ??= new SplQueue())->enqueue($callback);
    }

    /**
     * Calls back after a time, while somebody waits, or asks.
     *
     * @param Closure(): void $callback
     */
    public static function after(float $seconds, Closure $callback): void
    {
        self::$timers ??= new SplMinHeap();
        self::$timers->insert([hrtime(true) + (int) ($seconds * 1e9), ++self::$timersSet, $callback]);
        if (LoopBridge::isNeeded()) {
            LoopBridge::wakeAfter($seconds);
        }
    }

    /** Has those called back whose time has come. */
    private static function ring(): void
    {
        while (self::$timers !== null && !self::$timers->isEmpty() && self::$timers->top()[0] <= hrtime(true)) {
            self::later(self::$timers->extract()[2]);
        }
    }

    /** Seconds until the next one is due; null when there is none. */
    private static function untilNextTimer(): ?float
    {
        return self::$timers === null || self::$timers->isEmpty()
            ? null
            : max(0.0, (self::$timers->top()[0] - hrtime(true)) / 1e9);
    }

    /** Runs what {@see later()} was given. What one of them throws leaves those behind it for the next time. */
    public static function callBack(): void
    {
        if (self::$timers !== null) {
            self::ring();
        }
        if (self::$isBridged) {
            self::callAll(); // handlers may suspend their fiber: nothing is held then; the event loop's signals don't throw
            LoopBridge::settle();
            return;
        }
        if (self::$callbacks === null || self::$callbacks->isEmpty()) {
            return;
        }
        Signals::hold(); // none is lost to a handler that throws
        try {
            self::callAll();
        } finally {
            Signals::release();
        }
    }

    private static function callAll(): void
    {
        while (self::$callbacks !== null && !self::$callbacks->isEmpty()) {
            // one by one: it may wait for something itself, and then the others are not to wait for it
            (self::$callbacks->dequeue())();
        }
    }

    /**
     * Waits until it is so.
     *
     * @param Closure(): bool $isSo
     * @param ?float $timeout seconds; 0.0 looks at what has come without waiting
     * @param bool $isBlocking whether the whole process waits, also where an event loop would do other things meanwhile
     * @return bool false when the time is over before it is
     * @throws ConnectionException when nothing is left that could make it so
     * @throws Throwable what a handler of a signal throws
     */
    public static function until(Closure $isSo, ?float $timeout, bool $isBlocking = false): bool
    {
        if ($timeout !== 0.0 && LoopBridge::isNeeded() && !$isBlocking) {
            self::$isBridged = true;
            self::callBack();
            if ($isSo()) {
                return true;
            }
            self::streams(); // futures whose connection is not open in this process fail now: no frame will tell
            self::callBack();
            return $isSo() || LoopBridge::until($isSo, $timeout);
        }
        Signals::hold();
        try {
            return self::wait($isSo, $timeout);
        } finally {
            Signals::release();
        }
    }

    /** @param Closure(): bool $isSo */
    private static function wait(Closure $isSo, ?float $timeout): bool
    {
        $deadline = $timeout === null ? null : microtime(true) + $timeout;
        while (true) {
            Signals::dispatch();
            self::callBack();
            if ($isSo()) {
                return true;
            }
            $left = $deadline === null ? null : max(0.0, $deadline - microtime(true));
            $next = self::$timers === null ? null : self::untilNextTimer();
            $most = $next === null || $left === null ? $left ?? $next : min($next, $left);
            if (!self::turn($most) && !$isSo()) {
                throw new ConnectionException('a future is awaited that nothing in this process can complete; a future '
                    . 'belongs to the process that made it');
            }
            if ($left === 0.0) {
                self::callBack();
                return $isSo();
            }
        }
    }

    /**
     * Sends and takes in what is possible now; if nothing is, waits for it, at most $timeout seconds.
     *
     * @return bool false when nothing is due, nor will ever be
     */
    private static function turn(?float $timeout): bool
    {
        [$read, $write] = self::streams();
        if ($read === []) {
            return self::rest($timeout);
        }
        $canWatch = true;
        foreach ($read as $id => $_) {
            $canWatch = $canWatch && self::$connections[$id]->canBeWatched();
        }
        $patience = $timeout ?? Signals::PATIENCE;
        $most = Signals::areHeldUp() ? min($patience, Signals::PATIENCE) : $timeout;
        // nothing is ready when a signal came in between: the caller looks again
        self::transfer(...Readiness::of($read, $write, $most, $canWatch));
        return true;
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
                continue; // which has notified those who wait
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

    /** Without connections: lets the time pass in which handlers may do something. */
    private static function rest(?float $timeout): bool
    {
        if (self::$callbacks !== null && !self::$callbacks->isEmpty()) {
            return true; // for the caller to call
        }
        if ($timeout === null) {
            return false;
        }
        usleep((int) min($timeout * 1e6, 10_000));
        return true;
    }
}
