<?php

/** Tasks whose values are signed on their way. */

declare(strict_types=1);

use B7s\Parallite\Shared;
use B7s\Parallite\Task;

return [
    'one' => static fn(): int => 1,
    'pair' => static fn(string $text): array => [$text, 3],
    'successor' => static fn(int $i): int => $i + 1,
    'object' => static fn(int $i): ArrayObject => new ArrayObject([$i]),
    'conversation' => static function (): int {
        $sent = Task::receive();
        Task::emit([$sent]);
        return $sent * 2;
    },
    'shared' => static fn(Shared $shared): int => $shared->value()['x'],
    'failure' => static fn(): never => throw new DomainException('as itself', 7),
];
