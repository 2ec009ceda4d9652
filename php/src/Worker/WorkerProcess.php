<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Task;
use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Worker\State\ProcessState;

/**
 * The parts of a worker, put together once the project's code is loaded. A template has them, too, so that its forks
 * have them made and warm.
 *
 * @internal
 */
final class WorkerProcess
{
    private readonly Encodings $encodings;

    private readonly Replies $replies;

    private readonly Inbox $inbox;

    private readonly TaskEvents $events;

    private readonly ProcessState $state;

    private readonly Worker $worker;

    private readonly bool $givesStack;

    /** Call it with no handler of errors above the project's but one. */
    public function __construct(
        private readonly Settings $settings,
        private readonly Channel $channel,
        Tasks $tasks,
        private readonly OutputCapture $output,
        private readonly LastWords $lastWords,
    ) {
        $this->encodings = new Encodings();
        $this->replies = new Replies($settings->maxPayloadBytes);
        $this->inbox = new Inbox($channel, $this->encodings);
        $this->events = new TaskEvents(
            $channel,
            $this->inbox,
            $settings->maxPayloadBytes,
            $settings->events,
            $settings->timeoutMs,
        );
        Task::bind($this->events);
        $this->givesStack = $settings->events && self::giveStackOnSignal($this->events);
        self::showWarnings();
        restore_error_handler();
        $this->state = new ProcessState($output);
        $runner = new TaskRunner($tasks, $output, $this->replies, $lastWords, $this->state, $settings->benchmark, $this->events);
        $garbage = new Garbage($output);
        $this->worker = new Worker($channel, $this->inbox, $this->encodings, $runner, $this->replies, $lastWords, $garbage, $this->state);
    }

    /** Answers the signal by which the daemon asks where the running task is. */
    private static function giveStackOnSignal(TaskEvents $events): bool
    {
        return function_exists('pcntl_async_signals')
            && pcntl_signal(SIGUSR2, static fn() => $events->sendStack())
            && is_bool(pcntl_async_signals(true));
    }

    /** Has PHP print what it warns of, into the output of the task, whatever its settings for the command line are. */
    private static function showWarnings(): void
    {
        ini_set('display_errors', '1');
        ini_set('html_errors', '0');
    }

    /**
     * Forks workers on the daemon's word until that goes.
     *
     * @return ?Settings in a fork those that it runs with; null in the template, when the daemon has gone
     * @throws ChannelClosed when the daemon cannot be reached
     */
    public function serveAsTemplate(): ?Settings
    {
        $this->channel->switchTo(new Rehearsal(...$this->encodings->all()));
        Hooks::without(fn() => $this->worker->serve(new Lifetime(null, null)));
        $this->state->forgetOwn();
        $settings = Template::serve($this->settings, $this->encodings);
        if ($settings !== null) {
            $this->lastWords->adoptFork();
            $this->events->adoptFork();
            $this->state->adoptFork();
            $this->output->captureFile($settings->stdoutFile);
            $this->channel->switchTo(SocketChannel::line((string) $settings->socket));
        }
        return $settings;
    }

    /**
     * Says hello to a daemon that is connected to, and is the worker from now on.
     *
     * @throws ChannelClosed when the daemon has gone
     */
    public function announce(Settings $settings): void
    {
        $nextTasks = NextTasks::open($settings->nextTasks);
        if ($nextTasks !== null) {
            $this->inbox->prefetchFrom($nextTasks);
        }
        $marks = TaskMarks::of($settings->stderrMark);
        if ($marks !== null) {
            $this->worker->markTasks($marks);
        }
        if ($settings->socket !== null) {
            $this->channel->write($this->hello($settings, $nextTasks !== null, $marks !== null));
        }
        $this->lastWords->connected($this->channel, $this->replies, $this->events, $this->inbox, $this->state);
    }

    private function hello(Settings $settings, bool $prefetches, bool $marks): string
    {
        return $this->encodings->json->encode([
            'type' => 'hello',
            'token' => $settings->token,
            'pid' => getmypid(),
            'name' => $settings->name,
            'version' => WorkerMain::VERSION,
            'php' => PHP_VERSION,
            'encodings' => $this->encodings->names(),
            'features' => [
                'ping',
                ...($settings->events ? ['events', 'cancel', 'follow', 'messages'] : []),
                ...($prefetches ? ['prefetch'] : []),
                ...($this->givesStack ? ['stack'] : []),
                ...($marks ? ['stderr_marks'] : []),
            ],
        ]);
    }

    /** @throws ChannelClosed when the daemon goes while a reply is sent, or sends an impossible frame */
    public function serve(Settings $settings): void
    {
        $this->worker->serve(Lifetime::of($settings));
    }
}
