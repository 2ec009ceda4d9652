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

/** @return array{float, float} µs to make a payload, and to make a closure of it; the best of five rounds */
function cost(?ClosureCodec $codec, Closure $closure, int $count): array
{
    $payloads = new TaskPayload($codec);
    $decoder = new PayloadDecoder();
    $best = [INF, INF];
    for ($round = 0; $round < 5; $round++) {
        $started = hrtime(true);
        for ($i = 0; $i < $count; $i++) {
            $payload = $payloads->of($closure, []);
        }
        $encoded = hrtime(true);
        for ($i = 0; $i < $count; $i++) {
            $decoder->decode($payload);
        }
        $best[0] = min($best[0], ($encoded - $started) / 1e3 / $count);
        $best[1] = min($best[1], (hrtime(true) - $encoded) / 1e3 / $count);
    }
    return $best;
}

echo 'PHP ', PHP_VERSION, "; µs a closure: sending, rebuilding\n";
foreach ([null, Opis4Codec::class, LaravelCodec::class, Opis3Codec::class] as $class) {
    if ($class !== null && !$class::isInstalled()) {
        continue;
    }
    echo "\n", $class === null ? 'our own' : substr(strrchr($class, '\\'), 1), "\n";
    foreach ($closures as $name => $closure) {
        $isLarge = $name === '1,000 rows';
        vprintf("    %-20s %8.1f %8.1f\n", [$name, ...cost($class === null ? null : new $class(), $closure, $isLarge ? intdiv($count, 100) : $count)]);
    }
}
