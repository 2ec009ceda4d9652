<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\NothingReceived;
use B7s\Parallite\Exception\ParalliteException;
use Closure;

/**
 * What a task has reported while it ran: its progress, and the values that it emitted and nobody has read yet.
 *
 * The task waits while many of them are unread: its events are held on the connection. Who waits for the end of the task
 * would wait for ever then, so it goes on, and values beyond a limit are dropped.
 *
 * @internal
 */
final class Reports implements TaskContext
{
    /** Bytes of values that are kept for a reader while somebody waits for the task's end. */
    private const LIMIT = 16_777_216;

    /** Unread bytes from which on the task waits, unless somebody waits for its end; and at which it goes on. */
    private const HIGH_WATER = 8_388_608;

    private const LOW_WATER = 2_097_152;

    /** Bytes that a value takes besides its own. */
    private const OVERHEAD = 64;

    /** @var array{?float, ?string}|null */
    private ?array $progress = null;

    /** @var list<Closure(?float, ?string): void> */
    private array $listeners = [];

    /** @var \SplQueue<string|array{mixed, int}> serialized values, and in arrays, with their bytes, those that are not */
    private readonly \SplQueue $emitted;

    private int $bytes = 0;

    private bool $isTooMuch = false;

    /** While the task runs. */
    private ?Connection $connection = null;

    private string $id = '';

    private ?float $deadline = null;

    private ?string $traceparent = null;

    /** @var ?\SplQueue<mixed> values that the task receives where it runs in this process */
    private ?\SplQueue $messages = null;

    private bool $isHeld = false;

    private bool $isEndExpected = false;

    private bool $isAbandoned = false;

    /** @param ValueReader $values rebuilds what is emitted */
    public function __construct(private readonly ValueReader $values = new ValueReader())
    {
        $this->emitted = new \SplQueue();
    }

    /** The events of the task come over this connection from now on. */
    public function comeOver(Connection $connection, string $id): void
    {
        [$this->connection, $this->id] = [$connection, $id];
    }

    /** No more events come. */
    public function end(): void
    {
        $this->connection = null;
    }

    /** The end of the task is awaited: it no longer waits for a reader of its events. */
    public function expectEnd(): void
    {
        $this->isEndExpected = true;
        $this->hold(false);
    }

    /** Nobody will ever read the values. */
    public function abandon(): void
    {
        $this->isAbandoned = true;
        while (!$this->emitted->isEmpty()) {
            $this->emitted->dequeue();
        }
        $this->expectEnd();
    }

    private function hold(bool $isHeld): void
    {
        if ($this->isHeld !== $isHeld) {
            $this->isHeld = $isHeld;
            $this->connection?->hold($this->id, $isHeld);
        }
    }

    /** @param array<array-key, mixed> $event */
    public function take(array $event): void
    {
        if ($event['event'] === 'progress') {
            $fraction = $event['fraction'] ?? null;
            $fraction = is_int($fraction) || is_float($fraction) ? (float) $fraction : null;
            $message = $event['message'] ?? null;
            $message = is_string($message) ? $message : null;
            $this->progress($fraction, $message);
        } elseif ($event['event'] === 'emit') {
            $this->queue($event);
        }
    }

    public function progress(?float $fraction, ?string $message): void
    {
        $this->progress = [$fraction, $message];
        foreach ($this->listeners as $listener) {
            Loop::later(static fn() => $listener($fraction, $message));
        }
    }

    public function emit(mixed $value): void
    {
        $this->emitted->enqueue([$value, 0]); // it is in the memory of this process anyway
    }

    /** @param ?\SplQueue<mixed> $values what a test sends */
    public function receiveFrom(?\SplQueue $values): void
    {
        $this->messages = $values;
    }

    public function receive(?float $timeout): mixed
    {
        return $this->messages !== null && !$this->messages->isEmpty()
            ? $this->messages->dequeue()
            : throw new NothingReceived('nobody sends values to a task that runs in the process that has submitted it');
    }

    public function isCancelled(): bool
    {
        return false;
    }

    /** It is that of a task in this process from now on. */
    public function runHere(string $id, ?float $timeout, ?string $traceparent = null): void
    {
        $this->id = $id;
        $this->traceparent = $traceparent;
        $this->deadline = $timeout === null ? null : microtime(true) + $timeout;
    }

    public function id(): ?string
    {
        return $this->id;
    }

    public function name(): ?string
    {
        return null;
    }

    public function context(): mixed
    {
        return null;
    }

    public function deadline(): ?float
    {
        return $this->deadline;
    }

    public function traceparent(): ?string
    {
        return $this->traceparent;
    }

    public function parentId(): ?string
    {
        return null;
    }

    /** @param Closure(?float, ?string): void $listener is called at once with what is known already */
    public function onProgress(Closure $listener): void
    {
        $this->listeners[] = $listener;
        if ($this->progress !== null) {
            $listener(...$this->progress);
        }
    }

    public function isEmpty(): bool
    {
        return $this->emitted->isEmpty() && !$this->isTooMuch;
    }

    /** The next value that the task emitted. */
    public function next(): mixed
    {
        Signals::hold(); // what a handler throws must not cost a value
        try {
            if ($this->emitted->isEmpty()) {
                throw new ParalliteException('the task has emitted values faster than they were read; those beyond '
                    . self::LIMIT . ' bytes are lost: read stream() while the task runs, before its future is awaited');
            }
            $value = $this->emitted->dequeue();
            $this->bytes -= is_array($value) ? $value[1] : strlen($value) + self::OVERHEAD;
            if ($this->bytes <= self::LOW_WATER) {
                $this->hold(false);
            }
            return is_array($value) ? $value[0] : $this->values->value(PayloadSecret::VALUE, $this->id, $value);
        } finally {
            Signals::release();
        }
    }

    /** @param array<array-key, mixed> $event */
    private function queue(array $event): void
    {
        $value = $event['value'] ?? null;
        $isSerialized = ($event['value_encoding'] ?? null) === 'php' && is_string($value);
        $bytes = self::OVERHEAD + (is_string($value) ? strlen($value) : 0);
        $isOnItsWay = $this->isEndExpected || $this->connection?->canHold() === false;
        $isTooMuch = $isOnItsWay && $this->bytes + $bytes > self::LIMIT && !$this->emitted->isEmpty();
        if ($this->isAbandoned || $this->isTooMuch || $isTooMuch) {
            $this->isTooMuch = true;
            return;
        }
        $this->bytes += $bytes;
        if (!$this->isEndExpected && $this->bytes >= self::HIGH_WATER) {
            $this->hold(true);
        }
        $entry = $isSerialized ? $value : [$value, $bytes];
        $this->emitted->enqueue($entry);
    }
}
