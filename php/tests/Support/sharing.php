<?php

/** Tasks that share values. */

declare(strict_types=1);

use B7s\Parallite\Client;
use B7s\Parallite\Shared;

return [
    'captured' => static fn(Shared $table, ?int $row = null): Closure => $row === null
        ? static fn(int $row): int => $table->value()[$row]['square']
        : static fn(): int => $table->value()[$row]['square'],
    'passed' => static fn(Shared $table, int $row): int => $table->value()[$row]['square'],
    'slowly' => static function (Shared $table, int $row): int {
        usleep(200_000);
        return $table->value()[$row]['square'];
    },
    'is loaded' => static fn(Shared $table): Closure => static function (int $item) use ($table): array {
        $before = memory_get_usage();
        $table->value();
        return [getenv('WORKER_NAME'), memory_get_usage() - $before < 100_000];
    },
    'length' => static fn(Shared $text): int => strlen($text->value()),
    'append' => static fn(Shared $shared): Closure => static function (int $item) use ($shared): mixed {
        $value = $shared->value();
        if (is_array($value) && count($value) === 2) {
            $value[0] += 4;
            return array_values($value);
        }
        $value[] = $item;
        return count($value);
    },
    'double' => static fn(int $n): int => 2 * $n,
    'calling' => static fn(Shared $shared): Closure => static fn(int $item): int => $shared->value()($item),
    'nested' => static fn(Shared $table, int $row): int => (new Client())->run(
        static fn(Shared $table, int $row): int => $table->value()[$row]['square'],
        [$table, $row],
    ),
    'gone' => static function (string $payload): mixed {
        $shared = unserialize('O:20:"B7s\Parallite\Shared":1:' . substr($payload, 4));
        return $shared->value();
    },
];
