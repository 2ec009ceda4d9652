<?php

/**
 * A task that keeps what it has loaded, and is fed questions while it runs.
 *
 * Usage: php feeding.php WORD …
 */

declare(strict_types=1);

use B7s\Parallite\Client;
use B7s\Parallite\Task;

require __DIR__ . '/support/load.php';

$words = array_slice($argv, 1) ?: ['listen', 'silent', 'enlist', 'google', 'banana'];
$client = new Client();

$groups = $client->submit(static function (): array {
    $groups = [];
    while (($word = Task::receive()) !== null) {
        $letters = str_split($word);
        sort($letters);
        $groups[implode($letters)][] = $word;
        Task::emit(count($groups[implode($letters)]));
    }
    return array_values(array_filter($groups, static fn (array $group): bool => count($group) > 1));
});
$answers = $groups->stream();
foreach ($words as $i => $word) {
    $groups->send($word);
    $i === 0 ? $answers->rewind() : $answers->next();
    printf("%s: %d with the same letters\n", $word, $answers->current());
}
$groups->send(null);
foreach ($groups->await() as $group) {
    echo 'anagrams: ', implode(', ', $group), "\n";
}
