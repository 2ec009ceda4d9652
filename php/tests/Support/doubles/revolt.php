<?php

/**
 * A double of the part of revolt/event-loop 1.x that the package uses, for tests where the real one is not
 * installed: fibers, streams and timers, one suspension per fiber.
 */

declare(strict_types=1);

namespace Revolt;

use Closure;
use Fiber;
use Revolt\EventLoop\Suspension;

final class EventLoop
{
    /** @var array<string, array{kind: string, stream?: resource, at?: float, callback: Closure}> */
    private static array $callbacks = [];

    /** @var list<Closure(): void> */
    private static array $queue = [];

    private static int $count = 0;

    public static function queue(Closure $closure, mixed ...$args): void
    {
        self::$queue[] = static fn() => $closure(...$args);
    }

    public static function delay(float $delay, Closure $closure): string
    {
        return self::add(['kind' => 'timer', 'at' => microtime(true) + $delay, 'callback' => $closure]);
    }

    /** @param resource $stream */
    public static function onReadable(mixed $stream, Closure $closure): string
    {
        return self::add(['kind' => 'read', 'stream' => $stream, 'callback' => $closure]);
    }

    /** @param resource $stream */
    public static function onWritable(mixed $stream, Closure $closure): string
    {
        return self::add(['kind' => 'write', 'stream' => $stream, 'callback' => $closure]);
    }

    public static function cancel(string $callbackId): void
    {
        unset(self::$callbacks[$callbackId]);
    }

    public static function getSuspension(): Suspension
    {
        return new Suspension(Fiber::getCurrent());
    }

    /** Runs until there is nothing left to wait for, or until the closure says so. */
    public static function run(?Closure $until = null): void
    {
        while (($until === null || !$until()) && (self::$queue !== [] || self::$callbacks !== [])) {
            $queue = self::$queue;
            self::$queue = [];
            foreach ($queue as $closure) {
                (new Fiber($closure))->start();
            }
            if (self::$queue === [] && self::$callbacks !== [] && ($until === null || !$until())) {
                self::tick();
            }
        }
    }

    /** How many callbacks are left: none after a test that cleans up after itself. */
    public static function pending(): int
    {
        return count(self::$callbacks);
    }

    /** @param array{kind: string, stream?: resource, at?: float, callback: Closure} $callback */
    private static function add(array $callback): string
    {
        $id = 'c' . ++self::$count;
        self::$callbacks[$id] = $callback;
        return $id;
    }

    private static function tick(): void
    {
        $streams = ['read' => [], 'write' => []];
        $next = INF;
        foreach (self::$callbacks as $id => $callback) {
            if ($callback['kind'] === 'timer') {
                $next = min($next, $callback['at']);
            } else {
                $streams[$callback['kind']][$id] = $callback['stream'];
            }
        }
        $wait = max(0.0, min($next - microtime(true), 1.0));
        $except = null;
        if ($streams['read'] === [] && $streams['write'] === []) {
            usleep((int) ($wait * 1e6));
        } elseif ((int) stream_select($streams['read'], $streams['write'], $except, 0, (int) ($wait * 1e6)) === 0) {
            $streams = ['read' => [], 'write' => []];
        }
        foreach (array_keys($streams['read'] + $streams['write']) as $id) {
            self::call($id, $id, self::$callbacks[$id]['stream'] ?? null);
        }
        foreach (self::$callbacks as $id => $callback) {
            if ($callback['kind'] === 'timer' && $callback['at'] <= microtime(true)) {
                $closure = $callback['callback'];
                unset(self::$callbacks[$id]);
                (new Fiber($closure))->start($id);
            }
        }
    }

    private static function call(string $id, mixed ...$args): void
    {
        if (isset(self::$callbacks[$id])) {
            (new Fiber(self::$callbacks[$id]['callback']))->start(...$args);
        }
    }
}

namespace Revolt\EventLoop;

use Fiber;
use LogicException;
use Revolt\EventLoop;
use Throwable;

final class Suspension
{
    private bool $isPending = false;

    private mixed $value = null;

    private ?Throwable $exception = null;

    public function __construct(private readonly ?Fiber $fiber)
    {
    }

    public function resume(mixed $value = null): void
    {
        $this->wake();
        $this->value = $value;
    }

    public function throw(Throwable $throwable): void
    {
        $this->wake();
        $this->exception = $throwable;
    }

    public function suspend(): mixed
    {
        if ($this->isPending) {
            throw new LogicException('Must call resume() before calling suspend() again');
        }
        $this->isPending = true;
        if ($this->fiber !== null) {
            Fiber::suspend();
        } else {
            EventLoop::run(fn(): bool => !$this->isPending);
        }
        if ($this->isPending) {
            throw new LogicException('the loop ended without resuming the main suspension');
        }
        return $this->exception === null ? $this->value : throw $this->exception;
    }

    private function wake(): void
    {
        if (!$this->isPending) {
            throw new LogicException('Must call suspend() before calling resume()');
        }
        $this->isPending = false;
        if ($this->fiber !== null) {
            EventLoop::queue(fn() => $this->fiber->resume());
        }
    }
}
