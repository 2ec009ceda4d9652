<?php

/**
 * Values that travel between the tests and the workers.
 */

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

enum Suit: string
{
    case Hearts = 'H';
    case Spades = 'S';
}

final class Order
{
    public mixed $notes = null;

    /** @var list<object> */
    private array $attached = [];

    public function __construct(public readonly int $id, protected readonly \DateTimeImmutable $placedAt)
    {
    }

    public function attach(object $object): void
    {
        $this->attached[] = $object;
    }
}

final class OrderFailed extends \RuntimeException
{
    public mixed $callback = null;

    public function __construct(public readonly Order $order, ?\Throwable $cause)
    {
        parent::__construct("order {$order->id} failed", 42, $cause);
    }
}

class Counter
{
    private string $word = 'secret';

    public function __construct(private int $count)
    {
    }

    public function task(): \Closure
    {
        return fn(): array => [++$this->count, static::class, $this->word];
    }
}
