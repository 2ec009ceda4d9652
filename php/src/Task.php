<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\NothingReceived;

/**
 * What a running task may report to the program that awaits it, and learn from it.
 *
 * Anywhere else than in a task the calls do nothing, so that code which makes them also runs by itself.
 */
final class Task
{
    private static ?TaskContext $context = null;

    private function __construct()
    {
    }

    /**
     * Tells how far the task is. May be called as often as you like: what is too much is left out, but for the
     * last. {@see Future::onProgress()} takes it, and the daemon shows it in the task's status.
     *
     * @param ?float $fraction from 0.0 to 1.0, beyond which it is cut; null when it is not known
     */
    public static function progress(?float $fraction, ?string $message = null): void
    {
        if (self::$context === null) {
            return;
        }
        if ($fraction !== null) {
            $fraction = is_nan($fraction) ? null : max(0.0, min(1.0, $fraction));
        }
        self::$context->progress($fraction, $message);
    }

    /** Sends a value ahead of the result, to {@see Future::stream()}. Waits while the reader is behind. */
    public static function emit(mixed $value): void
    {
        self::$context?->emit($value);
    }

    /** Whether the caller has asked the task to stop; it then has the rest of the grace period to return. */
    public static function isCancelled(): bool
    {
        return self::$context?->isCancelled() ?? false;
    }

    /**
     * The next value that was sent to this task by {@see Future::send()}; waits for it.
     *
     * @param ?float $timeout seconds to wait, 0 for not at all; null for as long as it takes
     * @throws NothingReceived when none has come in time, when the task is asked to stop, and outside of a task
     */
    public static function receive(?float $timeout = null): mixed
    {
        return self::$context === null
            ? throw new NothingReceived('no task runs here to which a value could be sent')
            : self::$context->receive(Seconds::toWait($timeout));
    }

    /** The id of the running task; null outside of one. */
    public static function id(): ?string
    {
        return self::$context?->id();
    }

    /** The name that was given to the task (`submit(name: …)`); null when none was. */
    public static function name(): ?string
    {
        return self::$context?->name();
    }

    /** The `context` of the request, as clients in other languages send it. */
    public static function context(): mixed
    {
        return self::$context?->context();
    }

    /**
     * When the task will have run for as long as it may, by the clock of `microtime(true)`; then its worker is killed.
     *
     * @return ?float seconds since the epoch; null outside of a task
     */
    public static function deadline(): ?float
    {
        return self::$context?->deadline();
    }

    /**
     * The span of a distributed trace in which the task runs, for spans of its own: where the daemon records spans
     * (`otel_endpoint`) that of the run, else what the program has given with the task.
     *
     * @return ?string as W3C Trace Context writes it, `00-TRACE-SPAN-FLAGS`; null where there is no trace
     */
    public static function traceparent(): ?string
    {
        return self::$context?->traceparent();
    }

    /** @internal for clients: which task submits */
    public static function parentId(): ?string
    {
        return self::$context?->parentId();
    }

    /**
     * @internal called by what runs a task, before and after it
     * @return ?TaskContext the one that was bound
     */
    public static function bind(?TaskContext $context): ?TaskContext
    {
        $previous = self::$context;
        self::$context = $context;
        return $previous;
    }
}
