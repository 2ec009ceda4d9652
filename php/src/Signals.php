<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Throwable;

/**
 * Keeps handlers of signals out of code that changes the state of connections and futures.
 *
 * With `pcntl_async_signals(true)` PHP runs a handler between any two calls. Handlers may use the client themselves, and
 * may throw. So they wait while signals are held, and run where the state is consistent: while the client waits
 * ({@see dispatch()}), and when it returns ({@see release()}). Holds nest. Without ext-pcntl, or with handlers that the
 * program dispatches itself, all of this does nothing.
 *
 * @internal
 */
final class Signals
{
    /** Seconds after which somebody who waits looks for signals: one may come just before the wait begins. */
    public const PATIENCE = 0.1;

    private static int $depth = 0;

    private static bool $wasAsync = false;

    private static bool $isSettled = false;

    private function __construct()
    {
    }

    /** From here on, handlers wait. One that is due runs before, and what it throws leaves nothing held. */
    public static function hold(): void
    {
        if (self::$depth > 0 || !function_exists('pcntl_async_signals')) {
            self::$depth++;
            return;
        }
        try {
            $wasAsync = pcntl_async_signals(false);
            self::$depth = 1; // not earlier: a handler may have thrown until now, behind every call
            self::$wasAsync = $wasAsync;
            self::settle();
        } catch (Throwable $e) {
            self::$depth = 0;
            self::$wasAsync = false;
            pcntl_async_signals(true);
            throw $e;
        }
    }

    /**
     * Ends a hold; with the last one, handlers run whose signals have come meanwhile.
     *
     * @throws Throwable what a handler throws
     */
    public static function release(): void
    {
        if (--self::$depth > 0 || !self::$wasAsync) {
            return;
        }
        self::$wasAsync = false;
        pcntl_async_signals(true);
        pcntl_signal_dispatch();
    }

    /**
     * Runs handlers whose signals have come during a hold. The state has to be consistent here.
     *
     * @throws Throwable what a handler throws
     */
    public static function dispatch(): void
    {
        if (self::$wasAsync) {
            pcntl_signal_dispatch();
        }
    }

    /** Whether handlers are being held up. */
    public static function areHeldUp(): bool
    {
        return self::$wasAsync;
    }

    /**
     * Ends all holds of the present fiber, which is about to be suspended.
     *
     * @return array{int, bool} for {@see resume()}
     */
    public static function suspend(): array
    {
        $held = [self::$depth, self::$wasAsync];
        if (self::$depth > 0) {
            self::$depth = 1;
            self::release();
        }
        return $held;
    }

    /** @param array{int, bool} $held what the fiber held before */
    public static function resume(array $held): void
    {
        if ($held[0] > 0) {
            self::hold();
            self::$depth += $held[0] - 1;
        }
    }

    /** PHP looks for a signal that has come just before when this is called. */
    private static function settle(): void
    {
        self::$isSettled = !self::$isSettled;
    }
}
