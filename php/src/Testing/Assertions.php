<?php

declare(strict_types=1);

namespace B7s\Parallite\Testing;

use AssertionError;
use Closure;
use PHPUnit\Framework\Assert;

/**
 * What a test may claim about the tasks of a {@see FakeClient}. The claims are PHPUnit's where it runs; elsewhere a
 * wrong one throws an AssertionError.
 *
 * A task is named by its callee ("App\Report::build"; "{closure}" is any closure), by the name that it was given, or
 * by a condition: `fn (RecordedTask $task) => $task->args === [42]`.
 *
 * @internal
 */
trait Assertions
{
    /**
     * The tasks so far, in the order in which they were submitted.
     *
     * @param string|Closure(RecordedTask): bool|null $which
     * @return list<RecordedTask>
     */
    abstract public function tasks(string|Closure|null $which = null): array;

    /** @param string|Closure(RecordedTask): bool $which */
    public function assertRan(string|Closure $which): void
    {
        self::claim($this->tasks($which) !== [], self::name($which) . ' was not run; ' . $this->summary());
    }

    /** @param string|Closure(RecordedTask): bool $which */
    public function assertNotRan(string|Closure $which): void
    {
        self::claim($this->tasks($which) === [], self::name($which) . ' was run; ' . $this->summary());
    }

    public function assertNothingRan(): void
    {
        self::claim($this->tasks() === [], 'no task was expected; ' . $this->summary());
    }

    /** @param string|Closure(RecordedTask): bool|null $which null: all tasks */
    public function assertRanTimes(int $times, string|Closure|null $which = null): void
    {
        $ran = count($this->tasks($which));
        self::claim($ran === $times, self::name($which) . " was run $ran times, not $times; " . $this->summary());
    }

    private function summary(): string
    {
        $callees = array_map(static fn(RecordedTask $task): string => $task->callee, $this->tasks());
        return $callees === [] ? 'nothing was run' : 'there ran: ' . implode(', ', $callees);
    }

    private static function name(string|Closure|null $which): string
    {
        return match (true) {
            $which === null => 'a task',
            is_string($which) => $which,
            default => 'a task that meets the condition',
        };
    }

    private static function claim(bool $holds, string $message): void
    {
        if (class_exists(Assert::class)) {
            Assert::assertTrue($holds, $message);
        } elseif (!$holds) {
            throw new AssertionError($message);
        }
    }
}
