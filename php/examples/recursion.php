<?php

/**
 * Tasks that submit tasks: a merge sort that halves its numbers, and the size of a directory with all below it.
 *
 * A task that waits for tasks of its own lends the place of its worker, so that this ends with a single worker, too.
 *
 * Usage: php recursion.php [NUMBERS [DIRECTORY]]     (default: 20000, the directory of this file)
 */

declare(strict_types=1);

use B7s\Parallite\Client;

require __DIR__ . '/support/load.php';

$count = (int) ($argv[1] ?? 20_000);
$directory = $argv[2] ?? __DIR__;

$sort = function (array $numbers) use (&$sort): array {
    if (count($numbers) <= 4_000) {
        sort($numbers);
        return $numbers;
    }
    // in a task, a new client finds the daemon that runs it
    [$left, $right] = (new Client())->map(array_chunk($numbers, intdiv(count($numbers) + 1, 2)), $sort);
    $sorted = [];
    for ($l = $r = 0; $l < count($left) && $r < count($right);) {
        $sorted[] = $left[$l] <= $right[$r] ? $left[$l++] : $right[$r++];
    }
    return [...$sorted, ...array_slice($left, $l), ...array_slice($right, $r)];
};

$sizeOf = function (string $directory) use (&$sizeOf): int {
    [$bytes, $directories] = [0, []];
    foreach (new FilesystemIterator($directory) as $path => $file) {
        $file->isDir() && !$file->isLink() ? $directories[] = $path : $bytes += $file->getSize();
    }
    return $bytes + array_sum((new Client())->map($directories, $sizeOf));
};

$client = new Client();
mt_srand(1);
$numbers = array_map(fn (): int => mt_rand(), range(1, $count));
$sorted = $client->run($sort, [$numbers]);
sort($numbers);
echo "$count numbers, ", $sorted === $numbers ? 'sorted' : 'NOT SORTED', "\n";
echo number_format($client->run($sizeOf, [$directory])), " bytes below $directory\n";
