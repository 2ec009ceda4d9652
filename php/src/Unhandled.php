<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\TaskCancelled;
use Closure;
use Throwable;
use WeakMap;

/**
 * Reports failures of tasks that were not awaited, each once: to the program, else to PHP's error log. A failure is
 * reported when the last object that refers to it is gone: its future, and the futures made from that.
 *
 * @internal
 */
final class Unhandled
{
    /** @var WeakMap<Throwable, true> */
    private WeakMap $reported;

    /** @param ?Closure(Throwable): mixed $listener */
    public function __construct(private readonly ?Closure $listener = null)
    {
        $this->reported = new WeakMap();
    }

    /** The program knows of this failure: it is its own doing. */
    public function ignore(Throwable $failure): void
    {
        $this->reported[$failure] = true;
    }

    /** Never throws: it is called by destructors. */
    public function report(?Throwable $failure): void
    {
        if ($failure === null || $failure instanceof TaskCancelled || isset($this->reported[$failure])) {
            return;
        }
        $this->reported[$failure] = true;
        if ($this->listener === null) {
            error_log('Parallite: a task failed, and nobody awaited it: ' . self::summary($failure));
            return;
        }
        try {
            ($this->listener)($failure);
        } catch (Throwable $e) {
            error_log('Parallite: onUnhandled threw ' . self::summary($e) . '; it was called for '
                . self::summary($failure));
        }
    }

    private static function summary(Throwable $e): string
    {
        return $e::class . ": {$e->getMessage()} in {$e->getFile()}:{$e->getLine()}";
    }
}
