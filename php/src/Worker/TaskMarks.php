<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Tells the daemon, in standard error itself, where what a task writes there begins: a mark is a NUL, a text that only
 * the daemon and this worker know, the length of the task's id (two bytes, big-endian), and the id. It is written
 * at once, so that nothing comes between, and the daemon takes it out of what it logs.
 *
 * @internal
 */
final class TaskMarks
{
    /** How often a mark is tried to be written: the pipe may be full, and not wait or be interrupted by a signal. */
    private const ATTEMPTS = 100;

    private const PAUSE_MICROSECONDS = 1_000;

    /** @param resource $stderr */
    private function __construct(private readonly mixed $stderr, private readonly string $head)
    {
    }

    /**
     * Marks in this process's standard error.
     *
     * @param ?string $secret what the daemon knows them by
     * @return ?self null when the daemon wants none, or standard error is closed
     */
    public static function of(?string $secret): ?self
    {
        $stderr = StandardStreams::error();
        return $secret === null || $stderr === null ? null : new self($stderr, "\0$secret");
    }

    /** What is written from now on is written by the task with this id. */
    public function taskBegins(string $id): void
    {
        $mark = $this->head . pack('n', strlen($id)) . $id;
        for ($i = 1; @fwrite($this->stderr, $mark) === false && $i < self::ATTEMPTS; $i++) {
            usleep(self::PAUSE_MICROSECONDS);
        }
    }
}
