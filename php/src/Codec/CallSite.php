<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Package;
use Closure;
use ReflectionFunction;

/**
 * The call by which the program hands tasks over, as it is written: `$client->run(fn() => 1)`, or
 * `$client->all(['a' => fn() => 1, 'b' => fn() => 2])`. It tells which closure is meant where several begin in a line:
 * the one that is an argument, or has the key in an array that is one.
 *
 * @internal
 */
final class CallSite
{
    private function __construct()
    {
    }

    /**
     * Of the call that is running now.
     *
     * @param ?string $method its name; null: the first from outside of this package
     * @return Closure(): ?string the code of the one closure that is written as an argument, as
     *     {@see WrittenCall::textOf()}; null if it is unknown; to be called during the call
     */
    public static function task(?string $method = null): Closure
    {
        return static fn(): ?string => self::in(debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS), $method)?->onlyClosure();
    }

    /**
     * @param string $method its name, which its caller has to have written too
     * @return Closure(array-key): ?string the code of the entry of a key, or of the argument that is no array; null if
     *     it is unknown
     */
    public static function arrayPassedTo(string $method): Closure
    {
        $frames = debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS);
        $call = false;
        return static function (int|string $key) use ($frames, $method, &$call): ?string {
            $call = $call === false ? self::in($frames, $method) : $call;
            return $call === null ? null : $call->entries()[$key] ?? ($key === 0 ? $call->onlyClosure() : null);
        };
    }

    /**
     * @param list<array{function: string, class?: string, file?: string, line?: int}> $frames
     * @param ?string $method null: of the first call from outside of this package
     */
    private static function in(array $frames, ?string $method): ?WrittenCall
    {
        $call = null;
        foreach ($frames as $i => $frame) {
            $isCall = $method === null ? !self::isOurs($frame) : $frame['function'] === $method;
            if ($call === null ? $isCall : self::isRelay($frame)) {
                $call = $i;
            } elseif ($call !== null) {
                break;
            }
        }
        if ($call === null || !isset($frames[$call]['file'], $frames[$call]['line']) || !self::isApi($frames[$call])) {
            return null;
        }
        $name = $method ?? self::nameOf($frames, $call);
        $name = substr($name, (int) strrpos("\\$name", '\\'));
        $isInClosure = isset($frames[$call + 1]) && str_contains($frames[$call + 1]['function'], '{closure');
        try {
            return SourceFile::named($frames[$call]['file'])->call($name, $frames[$call]['line'], $isInClosure);
        } catch (ClosureNotSerializable) {
            return null;
        }
    }

    /**
     * What is written, where a facade relayed it.
     *
     * @param list<array{function: string, class?: string}> $frames
     */
    private static function nameOf(array $frames, int $call): string
    {
        while ($call > 0 && self::isRelay($frames[$call])) {
            $call--;
        }
        return $frames[$call]['function'];
    }

    /** @param array{function: string, class?: string, file?: string} $frame */
    private static function isOurs(array $frame): bool
    {
        return !isset($frame['file']) || Package::contains($frame['file']);
    }

    /**
     * Whether it is a method, or a function of this package: others, such as array_map(), only pass on what they got.
     *
     * @param array{function: string, class?: string} $frame
     */
    private static function isApi(array $frame): bool
    {
        return isset($frame['class']) || function_exists($frame['function'])
            && Package::contains((string) (new ReflectionFunction($frame['function']))->getFileName());
    }

    /**
     * Whether it is one of Laravel's, a facade or a manager, which passes on what it was called with.
     *
     * @param array{function: string, class?: string} $frame
     */
    private static function isRelay(array $frame): bool
    {
        return in_array($frame['function'], ['__call', '__callStatic'], true)
            && isset($frame['class'])
            && str_starts_with($frame['class'], 'Illuminate\\');
    }
}
