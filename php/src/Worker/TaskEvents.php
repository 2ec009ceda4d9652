<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Exception\NothingReceived;
use B7s\Parallite\PayloadSecret;
use B7s\Parallite\TaskContext;
use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Wire\PhpValue;

/**
 * What the running task tells ahead of its reply: progress, values, and on request its stack. Nothing leaves
 * between tasks, after a reply, from a forked child, or to a daemon that did not ask for events.
 */
final class TaskEvents implements TaskContext
{
    /** Nanoseconds between two reports of progress; those in between are left out, but for the last one. */
    private const INTERVAL = 100_000_000;

    private const MESSAGE_LIMIT = 1_024;

    /** Bytes of output in one event. */
    private const PIECE = 16_384;

    private int $pid;

    private ?Request $task = null;

    private Encoding $encoding;

    /** @var array<string, mixed>|null the last progress, as long as it has not been sent */
    private ?array $progress = null;

    private int $progressSentAt = 0;

    /** Whether a frame is being written: a signal may come in the middle of it. */
    private bool $isWriting = false;

    private ?string $stack = null;

    private float $begunAt = 0.0;

    /**
     * @param bool $isWanted whether the daemon understands events
     * @param ?int $usualTimeoutMs how long a task may run that does not say
     */
    public function __construct(
        private readonly Channel $channel,
        private readonly Inbox $inbox,
        private readonly int $maxBytes,
        private readonly bool $isWanted,
        private readonly ?int $usualTimeoutMs = null,
    ) {
        $this->adoptFork();
    }

    /** Tasks run in this process from now on. */
    public function adoptFork(): void
    {
        $this->pid = (int) getmypid();
    }

    public function taskBegins(Request $task, Encoding $encoding): void
    {
        $this->encoding = $encoding;
        $this->task = $task;
        $this->begunAt = microtime(true);
    }

    /** Sends the progress that is still held back; from here on nothing is sent until the next task begins. */
    public function taskEnds(): void
    {
        if ($this->progress !== null) {
            $this->sendProgress($this->progress);
        }
        $this->progressSentAt = 0;
        $this->task = null;
    }

    public function progress(?float $fraction, ?string $message): void
    {
        if (!$this->isHeard()) {
            return;
        }
        $progress = ['fraction' => $fraction];
        if ($message !== null) {
            $progress['message'] = ExceptionReport::text($message, self::MESSAGE_LIMIT);
        }
        if (hrtime(true) - $this->progressSentAt < self::INTERVAL) {
            $this->progress = $progress;
        } else {
            $this->sendProgress($progress);
        }
    }

    /** @throws TaskRefused when the value can't travel */
    public function emit(mixed $value): void
    {
        if ($this->task?->streams !== true || !$this->isHeard()) {
            return;
        }
        if ($this->task->acceptsPhp) {
            $value = ResultSerializer::serialize($value, $this->task->taskId, $this->encoding, PayloadSecret::VALUE);
            $fields = ['value' => $value, 'value_encoding' => 'php'];
        } else {
            $fields = $this->task->acceptsBase64 && is_string($value)
                ? Binary::fields('value', $value, $this->encoding)
                : ['value' => ResultNormalizer::normalize($value, $this->encoding, 'value')];
        }
        try {
            $this->send('emit', $fields, $this->maxBytes);
        } catch (\JsonException $e) {
            throw ResultNormalizer::explain($fields['value'], $e, 'value');
        }
    }

    /**
     * @throws NothingReceived
     * @throws \UnexpectedValueException when what was sent can't be rebuilt here
     */
    public function receive(?float $timeout): mixed
    {
        if ($this->task === null || !$this->isHeard()) {
            throw new NothingReceived('no task runs here to which a value could be sent');
        }
        $message = $this->inbox->message($this->task->taskId, $timeout);
        if ($message === null) {
            $reason = $this->inbox->isCancelled($this->task->taskId)
                ? 'the task is asked to stop'
                : "no value has come within $timeout seconds";
            throw new NothingReceived($reason);
        }
        $this->send('received', []);
        $value = $message['value'] ?? null;
        $isSerialized = ($message['value_encoding'] ?? null) === 'php' && is_string($value);
        if (!$isSerialized && !Seals::areRequired()) {
            return $value;
        }
        $bytes = $isSerialized ? $value : '';
        return PhpValue::decode(Seals::ofMessage($this->task->taskId, $bytes));
    }

    /** Whether the client wants what the task prints while it runs. */
    public function wantsOutput(): bool
    {
        return $this->task?->streamsOutput === true && $this->isHeard();
    }

    /** Whether somebody has begun to follow the task since this was last asked, and wants what it prints. */
    public function isFollowedAnew(): bool
    {
        return $this->task !== null && $this->isHeard() && $this->inbox->isFollowedAnew($this->task->taskId);
    }

    /**
     * Tells what the task has printed, in as many events as it takes.
     *
     * @param string $stream stdout or stderr of a command, output of PHP
     * @param int $offset how many bytes of the stream came before
     */
    public function output(string $stream, int $offset, string $bytes): void
    {
        if (!$this->isHeard()) {
            return;
        }
        for ($from = 0, $end = strlen($bytes); $from < $end; $from += strlen($piece)) {
            $piece = Binary::wholeCharacters(substr($bytes, $from, self::PIECE));
            $fields = ['stream' => $stream, 'offset' => $offset + $from, 'length' => strlen($piece)];
            $this->send('output', $fields + Binary::fields('data', $piece, $this->encoding));
        }
    }

    public function isCancelled(): bool
    {
        return $this->task !== null && $this->inbox->isCancelled($this->task->taskId);
    }

    public function id(): ?string
    {
        return $this->task?->taskId;
    }

    public function name(): ?string
    {
        return $this->task?->name;
    }

    public function context(): mixed
    {
        return $this->task?->context;
    }

    public function deadline(): ?float
    {
        $most = $this->task?->timeoutMs ?? $this->usualTimeoutMs;
        return $this->task === null || $most === null ? null : $this->begunAt + $most / 1000;
    }

    public function traceparent(): ?string
    {
        return $this->task?->traceparent;
    }

    public function parentId(): ?string
    {
        return $this->task?->taskId;
    }

    /** Answers a request for the stack, in the handler of its signal. */
    public function sendStack(): void
    {
        if (!$this->isHeard()) {
            return;
        }
        $stack = ExceptionReport::stack(debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS));
        if ($stack === '' && $this->task?->command !== null) {
            $stack = '#0 {command}';
        }
        if ($this->isWriting) {
            $this->stack = $stack;
        } else {
            $this->send('stack', ['stack' => $stack]);
        }
    }

    private function isHeard(): bool
    {
        return $this->isWanted && $this->task !== null && getmypid() === $this->pid;
    }

    /** @param array<string, mixed> $progress */
    private function sendProgress(array $progress): void
    {
        $this->progress = null;
        $this->progressSentAt = hrtime(true);
        $this->send('progress', $progress);
    }

    /**
     * @param array<string, mixed> $fields
     * @throws TaskRefused when the frame would be longer than allowed
     */
    private function send(string $event, array $fields, int $atMost = PHP_INT_MAX): void
    {
        $body = $this->encoding->encode(['task_id' => $this->task?->taskId, 'event' => $event] + $fields);
        if (strlen($body) > $atMost) {
            throw new TaskRefused('RESULT_TOO_LARGE', 'the emitted value of ' . strlen($body) . ' bytes exceeds '
                . "max_payload_bytes={$this->maxBytes}; emit less at once");
        }
        $this->isWriting = true;
        try {
            $this->channel->write($body);
        } catch (ChannelClosed) {
            // the task may finish; its reply will find that nobody is left
        } finally {
            $this->isWriting = false;
        }
        if ($this->stack !== null) {
            [$stack, $this->stack] = [$this->stack, null];
            $this->send('stack', ['stack' => $stack]);
        }
    }
}
