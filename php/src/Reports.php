<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ParalliteException;
use B7s\Parallite\Wire\PhpValue;
use Closure;

/**
 * What a task has told while it ran: its progress, and the values that it emitted and nobody has read yet.
 *
 * @internal
 */
final class Reports implements TaskContext
{
    /** Bytes of values that may wait to be read. Who emits more at once should have a reader. */
    private const LIMIT = 268_435_456;

    /** @var array{?float, ?string}|null */
    private ?array $progress = null;

    /** @var list<Closure(?float, ?string): void> */
    private array $listeners = [];

    /** @var \SplQueue<array<array-key, mixed>> events, as they came */
    private readonly \SplQueue $emitted;

    private int $bytes = 0;

    private bool $isTooMuch = false;

    public function __construct()
    {
        $this->emitted = new \SplQueue();
    }

    /** @param array<array-key, mixed> $event */
    public function take(array $event): void
    {
        if ($event['event'] === 'progress') {
            $fraction = $event['fraction'] ?? null;
            $message = $event['message'] ?? null;
            $this->progress(
                is_int($fraction) || is_float($fraction) ? (float) $fraction : null,
                is_string($message) ? $message : null,
            );
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
        $this->queue(['value' => $value]);
    }

    public function isCancelled(): bool
    {
        return false;
    }

    /** @param Closure(?float, ?string): void $listener is told at once what is known already */
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
        if ($this->emitted->isEmpty()) {
            throw new ParalliteException('the task has emitted values faster than they were read, until '
                . self::LIMIT . ' bytes waited; the rest is lost: read stream() while the task runs');
        }
        $event = $this->emitted->dequeue();
        $value = $event['value'] ?? null;
        $this->bytes -= is_string($value) ? strlen($value) : 0;
        return ($event['value_encoding'] ?? null) === 'php' && is_string($value) ? PhpValue::decode($value) : $value;
    }

    /** @param array<array-key, mixed> $event */
    private function queue(array $event): void
    {
        $value = $event['value'] ?? null;
        $this->bytes += is_string($value) ? strlen($value) : 0;
        if ($this->isTooMuch || $this->bytes > self::LIMIT) {
            $this->isTooMuch = true;
            return;
        }
        $this->emitted->enqueue($event);
    }
}
