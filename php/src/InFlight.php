<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * The exchanges of one connection that have no reply yet. There may be several about a task, if all of them get the
 * same reply.
 *
 * @internal
 */
final class InFlight
{
    /** @var array<string, non-empty-list<Exchange>> by task_id, oldest first */
    private array $exchanges = [];

    /** @var array<string, int> bytes of the largest request, by task_id */
    private array $bytes = [];

    public function add(string $id, Exchange $exchange, int $bytes): void
    {
        $this->exchanges[$id][] = $exchange;
        $largest = $this->bytes[$id] ?? 0;
        $this->bytes[$id] = max($bytes, $largest);
    }

    public function accepts(string $id, string $kind): bool
    {
        return !isset($this->exchanges[$id]) || $this->exchanges[$id][0]->kind === $kind;
    }

    public function has(string $id): bool
    {
        return isset($this->exchanges[$id]);
    }

    public function isEmpty(): bool
    {
        return $this->exchanges === [];
    }

    /** @return list<Exchange> */
    public function of(string $id): array
    {
        return $this->exchanges[$id] ?? [];
    }

    /** Takes out the oldest of a task; null when there is none. */
    public function take(string $id): ?Exchange
    {
        if (!isset($this->exchanges[$id])) {
            return null;
        }
        $exchange = array_shift($this->exchanges[$id]);
        if ($this->exchanges[$id] === []) {
            unset($this->exchanges[$id], $this->bytes[$id]);
        }
        return $exchange;
    }

    /** @return array<string, non-empty-list<Exchange>> */
    public function takeAll(): array
    {
        $all = $this->exchanges;
        $this->exchanges = $this->bytes = [];
        return $all;
    }

    /** Whose reply a refusal without a task_id is: the daemon does not look into a frame that is too large. */
    public function largest(): ?string
    {
        return $this->bytes === [] ? null : (string) array_search(max($this->bytes), $this->bytes, true);
    }
}
