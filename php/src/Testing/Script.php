<?php

declare(strict_types=1);

namespace B7s\Parallite\Testing;

use Closure;

/**
 * What a {@see FakeClient} answers in place of running a task: the first rule that fits and is not used up counts.
 *
 * @internal
 */
final class Script
{
    /** @var list<array{which: string|Closure|null, answer: Closure(RecordedTask): mixed, left: ?int}> */
    private array $rules = [];

    /**
     * @param string|Closure(RecordedTask): bool|null $which
     * @param Closure(RecordedTask): mixed $answer may throw
     * @param ?int $times how often it counts, null for ever
     */
    public function add(string|Closure|null $which, Closure $answer, ?int $times): void
    {
        $this->rules[] = ['which' => $which, 'answer' => $answer, 'left' => $times];
    }

    /** @return Closure(): mixed|null null when the task is to be run */
    public function answerTo(RecordedTask $task): ?Closure
    {
        foreach ($this->rules as $i => $rule) {
            if ($rule['left'] !== 0 && $task->matches($rule['which'])) {
                if ($rule['left'] !== null) {
                    $this->rules[$i]['left']--;
                }
                return static fn(): mixed => $rule['answer']($task);
            }
        }
        return null;
    }
}
