<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\TaskTimedOut;
use Closure;

/**
 * Bounds how long something may run in this process: by SIGALRM, where ext-pcntl is loaded; elsewhere not at all. The
 * alarm clock that PHP offers goes by seconds, so a fraction of one counts as a whole.
 *
 * What the program itself had set, a handler of SIGALRM or an alarm, is put back afterwards. An alarm that was due in
 * between comes a second later at the soonest.
 *
 * @internal
 */
final class TimeLimit
{
    private function __construct()
    {
    }

    /**
     * @template T
     * @param ?float $seconds null for no limit
     * @param Closure(): T $work
     * @return T
     * @throws TaskTimedOut when the time was over, even if the work caught what was thrown into it then
     */
    public static function run(?float $seconds, string $id, Closure $work): mixed
    {
        if ($seconds === null || !function_exists('pcntl_alarm')) {
            return $work();
        }
        $limit = max(1, (int) ceil($seconds));
        $exceeded = null;
        $isOver = false;
        $handler = pcntl_signal_get_handler(SIGALRM);
        $isAsync = pcntl_async_signals(true);
        pcntl_signal(SIGALRM, static function () use (&$exceeded, &$isOver, $limit, $id): void {
            if ($isOver) {
                return;
            }
            $exceeded = new TaskTimedOut(
                "the task ran longer than the $limit s that it had in this process",
                ['error_code' => 'TIMEOUT', 'task_id' => $id],
            );
            throw $exceeded;
        }, false); // what waits in the system is to come back
        $started = hrtime(true);
        $others = pcntl_alarm($limit);
        try {
            $result = $work();
        } finally {
            $isOver = true;
            pcntl_alarm(0);
            pcntl_signal(SIGALRM, $handler);
            pcntl_async_signals($isAsync);
            if ($others > 0) {
                pcntl_alarm(max(1, $others - intdiv(hrtime(true) - $started, 1_000_000_000)));
            }
        }
        return $exceeded === null ? $result : throw $exceeded;
    }
}
