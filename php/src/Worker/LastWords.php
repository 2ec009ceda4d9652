<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Worker\State\ProcessState;

/**
 * Answers for a task that ends the process: exit(), a fatal error, no memory left. PHP calls it first among
 * the shutdown functions.
 */
final class LastWords
{
    private const FATAL = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR;

    /** For which shutdown functions of tasks may keep a worker that ends. */
    private const SHUTDOWN_SECONDS = 5;

    /** Memory to answer with when there is none left. */
    private ?string $reserve;

    /** The process that answers; a child that a task has forked is another. */
    private int $pid;

    /** Whether it is a fork of a template, whose objects it must not destroy. */
    private bool $isFork = false;

    private ?Channel $channel = null;

    private ?Replies $replies = null;

    private ?TaskEvents $events = null;

    private ?Inbox $inbox = null;

    private ?ProcessState $state = null;

    private ?string $taskId = null;

    private ?Encoding $encoding = null;

    private bool $isLeaving = false;

    public function __construct(private readonly OutputCapture $output)
    {
        $this->reserve = str_repeat("\0", 262_144);
        $this->pid = (int) getmypid();
        register_shutdown_function($this->speak(...));
    }

    /** This process, a fork of the one that has booted, is the worker from now on. */
    public function adoptFork(): void
    {
        $this->pid = (int) getmypid();
        $this->isFork = true;
    }

    private function isWorker(): bool
    {
        return getmypid() === $this->pid;
    }

    /** Ends a child that a task forked and that came back from it: only its parent answers. */
    public function endIfForked(): void
    {
        if (!$this->isWorker()) {
            exit(0);
        }
    }

    public function connected(
        Channel $channel,
        Replies $replies,
        TaskEvents $events,
        Inbox $inbox,
        ProcessState $state,
    ): void {
        $this->events = $events;
        $this->inbox = $inbox;
        $this->state = $state;
        $this->channel = $channel;
        $this->replies = $replies;
    }

    public function taskBegins(?string $taskId, Encoding $encoding): void
    {
        $this->taskId = $taskId;
        $this->encoding = $encoding;
        error_clear_last();
    }

    public function taskEnds(): void
    {
        $this->encoding = null;
    }

    /** Tells the daemon that no further reply will come. */
    public function finish(): void
    {
        $this->closeInbox();
        $this->channel?->finish();
    }

    /** Ends the process. Shutdown functions that tasks have registered run now, for a while. */
    public function leave(int $status = 0): never
    {
        $this->isLeaving = true;
        if (function_exists('pcntl_alarm')) {
            pcntl_signal(SIGALRM, SIG_DFL);
            pcntl_alarm(self::SHUTDOWN_SECONDS);
        }
        exit($status);
    }

    private function speak(): void
    {
        if (!$this->isWorker()) {
            $this->output->discard();
            return;
        }
        if ($this->isFork) { // the last of all: PHP would destroy what the template has made, in each fork anew
            register_shutdown_function(static fn(): bool => posix_kill((int) getmypid(), SIGKILL));
        }
        $error = error_get_last();
        if (!$this->isLeaving) {
            $this->reserve = null;
            @set_time_limit(0);
            @ini_set('memory_limit', '-1');
        }
        $this->state?->removeHandlers();
        $this->state?->taskEnds();
        if ($this->isLeaving) {
            $this->closeInbox();
            return;
        }
        $fatal = $error !== null && ($error['type'] & self::FATAL) !== 0 ? $error : null;
        if ($this->channel === null || $this->replies === null) {
            $reason = $fatal === null
                ? 'a file included at start called exit()'
                : "{$fatal['message']} in {$fatal['file']}:{$fatal['line']}";
            @fwrite(STDERR, "the worker cannot start: $reason\n");
            exit(1);
        }
        if ($this->encoding !== null) {
            $this->answer($this->channel, $this->replies, $this->encoding, $fatal);
        }
        $this->finish();
    }

    /** Which limit it is that a fatal error is about, where PHP does not say. */
    private static function limitOf(string $message): string
    {
        $limit = getenv('PARALLITE_WORKER_MEMORY_MAX');
        return $limit !== false && str_starts_with($message, 'Out of memory')
            ? "; the worker may have worker_memory_max=$limit bytes"
            : '';
    }

    private function closeInbox(): void
    {
        try {
            $this->inbox?->close();
        } catch (\Throwable) {
            // nobody is left to be notified
        }
    }

    /** @param array{type: int, message: string, file: string, line: int}|null $fatal */
    private function answer(Channel $channel, Replies $replies, Encoding $encoding, ?array $fatal): void
    {
        $output = $this->output->take();
        $place = $fatal === null ? null : SourcePlace::of($fatal['file'], $fatal['line']);
        $this->events?->taskEnds();
        $body = $fatal === null || $place === null
            ? $replies->failure($this->taskId, 'EXITED', 'the task called exit() or die()', $output, $encoding)
            : $replies->failure($this->taskId, 'FATAL', 'fatal error: ' . $fatal['message'] . self::limitOf($fatal['message']), [
                'file' => $place->file,
                'line' => $place->line,
            ] + $output, $encoding);
        $this->encoding = null;
        try {
            $channel->write(Replies::asLast($body));
        } catch (\Throwable) {
            // nobody is left to be notified
        }
    }
}
