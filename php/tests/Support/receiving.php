<?php

/** Tasks that receive values. */

declare(strict_types=1);

use B7s\Parallite\Client;
use B7s\Parallite\Exception\NothingReceived;
use B7s\Parallite\Task;

return [
    'collect' => static function (int $count): array {
        $values = [];
        while (count($values) < $count) {
            $values[] = Task::receive();
        }
        return $values;
    },
    'double' => static fn(int $n): int => 2 * $n,
    'call' => static function (): int {
        $function = Task::receive();
        return $function(Task::receive()->value()[0]);
    },
    'bytes' => static function (): int {
        for ($bytes = 0; ($text = Task::receive()) !== null; $bytes += strlen($text)) {
            usleep(1_000);
        }
        return $bytes;
    },
    'block' => static function (string $gate): void {
        while (file_exists($gate)) {
            usleep(2_000);
            clearstatcache();
        }
    },
    'look' => static function (): mixed {
        try {
            return Task::receive(0.0);
        } catch (NothingReceived $e) {
            return $e->getMessage();
        }
    },
    'wait' => static function (string $said): void {
        try {
            file_put_contents($said, Task::receive());
            Task::receive();
        } catch (NothingReceived $e) {
            file_put_contents($said, $e->getMessage());
        }
    },
    'return at once' => static fn(): bool => true,
    'parent' => static function (): array {
        $square = (new Client())->submit(static function (): array {
            for ($squares = []; ($n = Task::receive()) !== null; $squares[] = $n * $n);
            return $squares;
        });
        array_map($square->send(...), [1, 2, 3, null]);
        return $square->await();
    },
];
