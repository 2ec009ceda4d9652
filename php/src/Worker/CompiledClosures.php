<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use Closure;
use Laravel\SerializableClosure\Serializers\Native;
use Laravel\SerializableClosure\Serializers\Signed;
use Laravel\SerializableClosure\Support\ClosureStream;

/**
 * Rebuilds closures of laravel/serializable-closure from code that is compiled once. The library compiles the code of
 * each closure that it rebuilds, which takes longer than all else about a small task, and leaks, as PHP never gives
 * compiled code back.
 *
 * What is kept is not the closure but a function that makes it: the code within a function into which the captured
 * variables are extracted. Every call of it declares the closure anew, so that static variables start afresh,
 * variables captured by reference are those of this task, and scope and `$this` are bound anew. What needs more is
 * left to the library: closures that captured closures, signed ones where a key is set, variables that are resolved
 * by the application. Code with an anonymous class, whose static members would stay, is compiled each time.
 */
final class CompiledClosures
{
    private const HEADS = [
        'O:47:"Laravel\SerializableClosure\SerializableClosure":1:{s:12:"serializable";',
        'O:55:"Laravel\SerializableClosure\UnsignedSerializableClosure":1:{s:12:"serializable";',
    ];
    private const CLOSURE = 'O:46:"Laravel\SerializableClosure\Serializers\Native":5:{';
    private const OURS = 'a:1:{s:12:"serializable";O:38:"B7s\Parallite\Worker\SerializedClosure":5:{';

    /** Begins the code of a function that makes a closure. */
    public const MAKER = 'static function (array &$__captured): \Closure {';

    private const ANONYMOUS_CLASS = '/\bnew\b(?:[^;{(]*\bclass\b|\s*#\[)/i';

    private const MAX_ENTRIES = 256;

    /** Bytes of a payload beyond which to compile it is not what takes time. */
    private const MAX_LENGTH = 65_536;

    /** Bytes of a payload beyond which it is not kept. */
    private const MAX_KEPT = 4_096;

    /** @var array<string, Closure(array<string, mixed>): Closure> by code, oldest first */
    private array $makers = [];

    /**
     * What makes a closure that captured nothing, and its scope.
     *
     * @var array<string, array{Closure(array<string, mixed>): Closure, ?string}> by payload, oldest first
     */
    private array $constants = [];

    /** The closure of a payload that has been rebuilt before, if it captured nothing. */
    public function again(string $payload): ?Closure
    {
        if (strlen($payload) > self::MAX_KEPT || !isset($this->constants[$payload]) || self::isCustomized()) {
            return null;
        }
        [$maker, $scope] = $this->constants[$payload];
        $captured = [];
        return $maker($captured)->bindTo(null, $scope);
    }

    /**
     * Must be called with an error handler in place: what PHP notices is not the task's.
     *
     * @return ?SerializedClosure null when the payload is for the library
     * @throws \ParseError
     */
    public function rebuild(string $payload): ?SerializedClosure
    {
        $rest = strlen($payload) <= self::MAX_LENGTH ? self::partsOf($payload) : null;
        $isOurs = $rest !== null && !str_contains($rest, 'Laravel\SerializableClosure\\') && !self::isCustomized()
            && class_exists(ClosureStream::class);
        if (!$isOurs) {
            return null;
        }
        $value = unserialize(self::OURS . $rest);
        $closure = is_array($value) ? $value['serializable'] : null;
        if (!$closure instanceof SerializedClosure || $closure->code === null) {
            return null;
        }
        $maker = $this->makers[$closure->code] ?? $this->compile($closure->code);
        $closure->makeWith($maker);
        if ($closure->isConstant() && strlen($payload) <= self::MAX_KEPT && isset($this->makers[$closure->code])) {
            self::keep($this->constants, $payload, [$maker, $closure->scope()]);
        }
        return $closure;
    }

    /** Whether the code may declare a class without a name, which has static members of its own each time it is compiled. */
    public static function hasAnonymousClass(string $code): bool
    {
        return stripos($code, 'class') !== false && preg_match(self::ANONYMOUS_CLASS, $code) === 1;
    }

    /** What follows the head of a closure that is not signed. */
    private static function partsOf(string $payload): ?string
    {
        foreach (self::HEADS as $head) {
            $length = strlen($head);
            if (strncmp($payload, $head, $length) === 0) {
                $isPlain = substr_compare($payload, self::CLOSURE, $length, strlen(self::CLOSURE)) === 0;
                return $isPlain ? substr($payload, $length + strlen(self::CLOSURE)) : null;
            }
        }
        return null;
    }

    /** Whether the application has the library check signatures, or resolve variables. */
    private static function isCustomized(): bool
    {
        return class_exists(Signed::class, false) && Signed::$signer !== null
            || class_exists(Native::class, false) && Native::$resolveUseVariables !== null;
    }

    /** @return Closure(array<string, mixed>): Closure */
    private function compile(string $code): Closure
    {
        ClosureStream::register(); // its files have the code as their name, by which the library finds it again
        $maker = include ClosureStream::STREAM_PROTO . '://' . self::MAKER
            . " extract(\$__captured, EXTR_OVERWRITE | EXTR_REFS); return\n$code; }";
        if (!self::hasAnonymousClass($code)) {
            self::keep($this->makers, $code, $maker);
        }
        return $maker;
    }

    /** @param array<string, mixed> $kept */
    private static function keep(array &$kept, string $key, mixed $value): void
    {
        if (count($kept) >= self::MAX_ENTRIES) {
            unset($kept[array_key_first($kept)]);
        }
        $kept[$key] = $value;
    }
}
