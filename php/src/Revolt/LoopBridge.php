<?php

declare(strict_types=1);

namespace B7s\Parallite\Revolt;

use B7s\Parallite\Loop;
use B7s\Parallite\Signals;
use Closure;
use Revolt\EventLoop;
use Revolt\EventLoop\Suspension;
use Throwable;

/**
 * Lets Revolt's event loop, and so Amp 3, do the waiting: only the fiber that awaits something is suspended.
 *
 * The loop watches each connection once, however many fibers wait. When frames have come, those fibers go on for
 * which that makes a difference.
 *
 * @internal
 */
final class LoopBridge
{
    /** @var array<int, array{Suspension, Closure(): bool}> the fibers that wait, and for what */
    private static array $waiting = [];

    /** @var array<string, string> callback ids of the event loop */
    private static array $watched = [];

    private static int $count = 0;

    private static bool $isSettling = false;

    /** Whether this program runs on Revolt, and not merely has it installed. */
    public static function isNeeded(): bool
    {
        return class_exists(EventLoop::class, false);
    }

    /**
     * Suspends the current fiber until it is so.
     *
     * @param Closure(): bool $isSo
     * @param ?float $timeout seconds
     * @return bool false when the time is over before it is
     */
    public static function until(Closure $isSo, ?float $timeout): bool
    {
        $suspension = EventLoop::getSuspension();
        $number = ++self::$count;
        self::$waiting[$number] = [$suspension, $isSo];
        $timer = $timeout === null ? null : EventLoop::delay($timeout, static function () use ($number): void {
            self::resume($number, false);
        });
        self::watch();
        $held = Signals::suspend();
        try {
            $hasCome = $suspension->suspend();
        } finally {
            Signals::resume($held);
            unset(self::$waiting[$number]);
            if ($timer !== null) {
                EventLoop::cancel($timer);
            }
            self::watch();
        }
        return $hasCome || $isSo(); // not asked twice: a second question about a failure may be answered by a new attempt
    }

    /** Has the loop look, after a time, for what is to be called back. */
    public static function wakeAfter(float $seconds): void
    {
        EventLoop::delay($seconds, static fn() => self::turn([], []));
    }

    /** Frames have been taken in, by whomever: fibers that have what they wait for go on. */
    public static function settle(): void
    {
        if (self::$isSettling) {
            return; // a condition has asked for a reply
        }
        self::$isSettling = true;
        try {
            foreach (self::$waiting as $number => [, $isSo]) {
                if ($isSo()) {
                    self::resume($number, true);
                }
            }
        } finally {
            self::$isSettling = false;
        }
    }

    /** @param bool|Throwable $result whether what the fiber waits for has come, or what it gets instead */
    private static function resume(int $number, bool|Throwable $result): void
    {
        if (isset(self::$waiting[$number])) {
            [$suspension] = self::$waiting[$number];
            unset(self::$waiting[$number]);
            $result instanceof Throwable ? $suspension->throw($result) : $suspension->resume($result);
        }
    }

    /** Makes the loop watch what there is to wait for, and nothing else. */
    private static function watch(): void
    {
        [$read, $write] = self::$waiting === [] ? [[], []] : Loop::streams();
        $watched = self::$watched;
        self::$watched = [];
        foreach ($read as $id => $stream) {
            $key = 'r' . get_resource_id($stream);
            self::$watched[$key] = $watched[$key]
                ?? EventLoop::onReadable($stream, static fn() => self::turn([$id => $stream], []));
        }
        foreach ($write as $id => $stream) {
            $key = 'w' . get_resource_id($stream);
            self::$watched[$key] = $watched[$key]
                ?? EventLoop::onWritable($stream, static fn() => self::turn([], [$id => $stream]));
        }
        array_map(EventLoop::cancel(...), array_diff_key($watched, self::$watched));
    }

    /**
     * @param array<int, resource> $read
     * @param array<int, resource> $write
     */
    private static function turn(array $read, array $write): void
    {
        try {
            Loop::transfer($read, $write);
        } catch (Throwable $e) {
            // from a handler of the program's; without a loop, the call that waits would get it
            $first = array_key_first(self::$waiting) ?? throw $e;
            self::resume($first, $e);
        }
        self::settle();
        self::watch();
    }
}
