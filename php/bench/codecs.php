<?php

/**
 * What a closure costs on its way, by our own codec and by each library for closures that is installed: the client's
 * part, and the worker's.
 *
 *     php php/bench/codecs.php [CLOSURES]
 */

declare(strict_types=1);

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\LaravelCodec;
use B7s\Parallite\Codec\Opis3Codec;
use B7s\Parallite\Codec\Opis4Codec;
use B7s\Parallite\TaskPayload;
use B7s\Parallite\Worker\PayloadDecoder;

require dirname(__DIR__) . '/autoload.php';

error_reporting(E_ALL & ~E_DEPRECATED); // of opis/closure 3

$count = (int) ($argv[1] ?? 20_000);
$order = new ArrayObject(['id' => 7, 'at' => new DateTimeImmutable('@0')]);
$rows = array_fill(0, 1_000, ['id' => 1, 'name' => 'somebody']);
$double = static fn(int $n): int => 2 * $n;
$closures = [
    'nothing captured' => static fn(): int => 42,
    'a number captured' => static fn(): int => $count,
    'an object' => static fn(): int => $order['id'],
    '1,000 rows' => static fn(): int => count($rows),
    'another closure' => static fn(): int => $double(21),
];

/** How often each codec has its turn with a closure: what else the machine does meets all alike. */
const ROUNDS = 40;

/**
 * @param array<string, array{TaskPayload, PayloadDecoder}> $ways
 * @param int $count of closures in a round
 * @return array<string, array{float, float}> µs to make a payload, and to make a closure of it; the best of all rounds
 */
function costs(array $ways, Closure $closure, int $count): array
{
    $best = array_fill_keys(array_keys($ways), [INF, INF]);
    for ($round = 0; $round < ROUNDS; $round++) {
        foreach ($ways as $name => [$payloads, $decoder]) {
            $started = hrtime(true);
            for ($i = 0; $i < $count; $i++) {
                $payload = $payloads->of($closure, []);
            }
            $encoded = hrtime(true);
            for ($i = 0; $i < $count; $i++) {
                $decoder->decode($payload);
            }
            $best[$name][0] = min($best[$name][0], ($encoded - $started) / 1e3 / $count);
            $best[$name][1] = min($best[$name][1], (hrtime(true) - $encoded) / 1e3 / $count);
        }
    }
    return $best;
}

$ways = [];
foreach ([null, Opis4Codec::class, LaravelCodec::class, Opis3Codec::class] as $class) {
    if ($class === null || $class::isInstalled()) {
        $name = $class === null ? 'our own' : substr(strrchr($class, '\\'), 1);
        $ways[$name] = [new TaskPayload($class === null ? null : new $class()), new PayloadDecoder()];
    }
}
echo 'PHP ', PHP_VERSION, "; µs a closure: sending + rebuilding\n\n";
printf("%-20s" . str_repeat('%18s', count($ways)) . "\n", '', ...array_keys($ways));
foreach ($closures as $name => $closure) {
    $each = max(1, intdiv($count, ROUNDS * ($name === '1,000 rows' ? 50 : 1)));
    printf('%-20s', $name);
    foreach (costs($ways, $closure, $each) as [$sending, $rebuilding]) {
        printf('%18s', sprintf('%.1f + %.1f', $sending, $rebuilding));
    }
    echo "\n";
}
for ($i = 0, $best = INF; $i < ROUNDS; $i++) {
    $started = hrtime(true);
    $blob = serialize($rows);
    $serialized = hrtime(true);
    unserialize($blob);
    $best = min($best, $serialized - $started);
    $rebuilt = min($rebuilt ?? INF, hrtime(true) - $serialized);
}
printf("%-20s%18s\n", 'the rows, serialize()', sprintf('%.1f + %.1f', $best / 1e3, $rebuilt / 1e3));
