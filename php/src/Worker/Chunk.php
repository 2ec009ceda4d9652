<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Codec\ClosureCompiler;
use B7s\Parallite\Retry;
use B7s\Parallite\Value\Refusal;
use Closure;

/**
 * Calls a closure for many items, in one task: what `map(chunk: …)` sends.
 *
 * Items fail by themselves: an exception, or a result that can't travel, is that item's, and the next one is called.
 */
final class Chunk
{
    /** What a scalar takes at least in the reply. */
    private const OVERHEAD = 16;

    private static ?PayloadDecoder $payloads = null;

    private function __construct()
    {
    }

    /**
     * @param callable|string $callee what is called: a callable, or a payload by itself
     * @param list<mixed> $items
     * @param ?list<mixed> $keys passed as second arguments, if the callee wants them
     * @param ?float $maxSeconds after which no further item is begun, null for all
     * @param ?int $maxBytes of results after which no further item is begun, null for all
     * @param ?Retry $retry whether an item is tried again after a failure, and when; the worker waits
     * @return array{done: int, seconds: float, bytes: int, values: list<mixed>, blobs: array<int, string>,
     *     failures: array<int, array<string, mixed>>} `done` tells how many items were called. Values are scalars, or
     *     null where a blob has the value; blobs and failures (as in the reply of a task) go by the number of the item
     */
    public static function run(
        callable|string $callee,
        array $items,
        ?array $keys = null,
        ?float $maxSeconds = null,
        ?int $maxBytes = null,
        ?Retry $retry = null,
    ): array {
        $call = self::caller($callee);
        $call = $retry === null ? $call : self::retrying($call, $retry);
        $begun = hrtime(true);
        $isBounded = $maxSeconds !== null;
        $end = $begun + (int) (($maxSeconds ?? 0.0) * 1e9);
        $maxBytes ??= PHP_INT_MAX;
        $values = $blobs = $failures = [];
        $bytes = 0;
        foreach ($items as $i => $item) {
            try {
                $value = $keys === null ? $call($item) : $call($item, $keys[$i]);
                if (\is_string($value)) {
                    $bytes += \strlen($value);
                } elseif (!\is_scalar($value) && $value !== null) {
                    $blobs[$i] = ResultSerializer::blob($value);
                    $bytes += \strlen($blobs[$i]);
                    $value = null;
                }
                $values[] = $value;
                $bytes += self::OVERHEAD;
            } catch (\Throwable $e) {
                $values[] = null;
                $failures[$i] = self::report($e);
                $bytes += \strlen($failures[$i]['exception'] ?? '') + \strlen($failures[$i]['error']);
            }
            if ($isBounded && (\hrtime(true) >= $end || $bytes >= $maxBytes)) {
                break;
            }
        }
        return [
            'done' => \count($values),
            'seconds' => (hrtime(true) - $begun) / 1e9,
            'bytes' => $bytes,
            'values' => $values,
            'blobs' => $blobs,
            'failures' => $failures,
        ];
    }

    /** @return callable(mixed...): mixed */
    private static function caller(callable|string $callee): callable
    {
        if (is_string($callee)) {
            [$callee] = (self::$payloads ??= new PayloadDecoder())->decode($callee);
        }
        return $callee instanceof Closure && ClosureCompiler::isLoose($callee)
            ? LooseCall::caller($callee)
            : $callee;
    }

    /** @return Closure(mixed...): mixed */
    private static function retrying(callable $call, Retry $retry): Closure
    {
        return static function (mixed ...$arguments) use ($call, $retry): mixed {
            for ($tries = 1;; $tries++) {
                try {
                    return $call(...$arguments);
                } catch (\Throwable $e) {
                    if (!$retry->isFor($e, $tries)) {
                        throw $e;
                    }
                }
                usleep((int) ($retry->delayAfter($tries) * 1e6));
            }
        };
    }

    /** @return array<string, mixed> as the fields of a failed task's reply */
    private static function report(\Throwable $e): array
    {
        if ($e instanceof Refusal) {
            $refused = ResultSerializer::refused($e);
            return ['error' => $refused->getMessage(), 'error_code' => $refused->errorCode];
        }
        $blob = ExceptionReport::blob($e);
        $report = ExceptionReport::of($e);
        return $blob === null ? $report : $report + ['exception' => $blob, 'exception_encoding' => 'php'];
    }
}
