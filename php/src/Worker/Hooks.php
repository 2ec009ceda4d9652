<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use Closure;

/**
 * Code of yours that a worker runs around every task: registered from the bootstrap file (the setting `bootstrap`),
 * from one of the `php_includes`, or from any code that these load.
 *
 * What a hook prints belongs to the task, and its time counts for `timeout_ms`. When one throws, the task fails with
 * HOOK_FAILED; when it was one that runs after the task, the worker is replaced, too. What hooks change of what is
 * reset between tasks (directory, time zone, ini settings, …) is reset with it.
 */
final class Hooks
{
    /** @var list<Closure(string): mixed> */
    private static array $before = [];

    /** @var list<Closure(string, ?\Throwable): mixed> the last one registered first */
    private static array $after = [];

    /** @var list<Closure(string, ?\Throwable): mixed> the last one registered first */
    private static array $between = [];

    /** @var list<Closure(): mixed> */
    private static array $beforeFork = [];

    /** @var list<Closure(): mixed> */
    private static array $afterFork = [];

    private function __construct()
    {
    }

    /**
     * Runs before each task, in the order of registration, with the task's id. If it throws, the task is not run.
     *
     * @param callable(string): mixed $hook
     */
    public static function beforeTask(callable $hook): void
    {
        self::$before[] = $hook(...);
    }

    /**
     * Runs after each task, also one that failed, the last one registered first, with the task's id and what the
     * task threw. All of them run, even if one throws. It does not run when the task ended the process.
     *
     * @param callable(string, ?\Throwable): mixed $hook
     */
    public static function afterTask(callable $hook): void
    {
        array_unshift(self::$after, $hook(...));
    }

    /**
     * The same for what only makes ready for a next task, such as putting state back: it runs behind those of afterTask(),
     * and not in a worker that ends after its task, as one of an isolated task does.
     *
     * @param callable(string, ?\Throwable): mixed $hook
     */
    public static function betweenTasks(callable $hook): void
    {
        array_unshift(self::$between, $hook(...));
    }

    /**
     * Runs in the template before workers are forked from it: the place to close what they must not share. A worker
     * that is started, not forked, does not run it.
     *
     * @param callable(): mixed $hook
     */
    public static function beforeFork(callable $hook): void
    {
        self::$beforeFork[] = $hook(...);
    }

    /**
     * Runs in each worker that was forked, before its first task: the place to open connections anew. If it throws,
     * the worker does not start.
     *
     * @param callable(): mixed $hook
     */
    public static function afterFork(callable $hook): void
    {
        self::$afterFork[] = $hook(...);
    }

    /** @internal whether somebody takes care of what forks inherit */
    public static function hasAfterFork(): bool
    {
        return self::$afterFork !== [];
    }

    /** @internal whether somebody may close what forks would inherit */
    public static function hasBeforeFork(): bool
    {
        return self::$beforeFork !== [];
    }

    /** @internal whether forks may differ from their template by what hooks have done */
    public static function areAroundForks(): bool
    {
        return self::$beforeFork !== [] || self::$afterFork !== [];
    }

    /**
     * Runs tasks around which no hook runs.
     *
     * @internal
     * @param callable(): void $code
     */
    public static function without(callable $code): void
    {
        [$before, $after, $between] = [self::$before, self::$after, self::$between];
        self::$before = self::$after = self::$between = [];
        try {
            $code();
        } finally {
            [self::$before, self::$after, self::$between] = [$before, $after, $between];
        }
    }

    /** @internal */
    public static function runBeforeFork(): void
    {
        foreach (self::$beforeFork as $hook) {
            $hook();
        }
    }

    /** @internal */
    public static function runAfterFork(): void
    {
        foreach (self::$afterFork as $hook) {
            $hook();
        }
    }

    /**
     * @internal
     * @throws HookFailed
     */
    public static function runBefore(string $taskId): void
    {
        foreach (self::$before as $hook) {
            try {
                $hook($taskId);
            } catch (\Throwable $e) {
                throw new HookFailed('before a task', $e);
            }
        }
    }

    /**
     * @internal
     * @param bool $isLast whether the worker ends after this task
     * @throws HookFailed after all of them ran
     */
    public static function runAfter(string $taskId, ?\Throwable $failure, bool $isLast): void
    {
        $failed = null;
        $hooks = $isLast ? self::$after : [...self::$after, ...self::$between];
        foreach ($hooks as $hook) {
            try {
                $hook($taskId, $failure);
            } catch (\Throwable $e) {
                $failed ??= new HookFailed('after a task', $e);
            }
        }
        if ($failed !== null) {
            throw $failed;
        }
    }
}
