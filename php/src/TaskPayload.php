<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Codec\ClosureCode;
use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Value\FoundClosure;
use B7s\Parallite\Value\LoneClosure;
use B7s\Parallite\Value\Refusal;
use B7s\Parallite\Value\Serializer;
use B7s\Parallite\Worker\Chunk;
use Closure;
use ReflectionFunction;
use WeakMap;

/**
 * Makes payloads of tasks. Functions and static methods go by their names; closures, objects that are called, and
 * arguments by {@see Serializer}, as one graph: what they share is shared in the worker.
 *
 * @internal
 */
final class TaskPayload
{
    /** Before the list of what is called and its arguments. */
    public const PREFIX = 'parallite:2:';

    /** Before a closure as {@see LoneClosure} writes it. */
    private const CLOSURE = self::PREFIX . 'c:';

    /** What is called for many items. */
    private const CHUNK = Chunk::class . '::run';

    /** How many payloads are remembered. */
    private const MAX_KEPT = 1_000;

    private readonly Serializer $serializer;

    /** @var array<string, string> payloads of closures that captured nothing, by code, scope and called class */
    private array $constants = [];

    /** @var WeakMap<Closure, string> the same, where nothing in the closure can change */
    private readonly WeakMap $known;

    /** @var array{Closure, FoundClosure}|null what was found of the closure that is being written */
    private ?array $found = null;

    /** @param ?ClosureCodec $library packs closures, in place of our own codec */
    public function __construct(private readonly ?ClosureCodec $library = null)
    {
        $this->serializer = new Serializer($library);
        $this->known = new WeakMap();
    }

    /**
     * @param array<array-key, mixed> $args
     * @param ?Closure(): ?string $hint {@see ClosureCode::of()}
     * @throws ClosureNotSerializable
     */
    public function of(callable|string|PreparedTask $task, array $args, ?Closure $hint = null): string
    {
        SharedValues::begin();
        if ($args === [] && $task instanceof Closure && isset($this->known[$task])) {
            return $this->known[$task];
        }
        Signals::hold(); // what a handler threw would be taken for a value that can't travel
        try {
            return $this->packed($task, $args, $hint);
        } finally {
            Signals::release();
        }
    }

    /**
     * @param array<array-key, mixed> $args
     * @param ?Closure(): ?string $hint
     * @throws ClosureNotSerializable
     */
    private function packed(callable|string|PreparedTask $task, array $args, ?Closure $hint): string
    {
        $callee = $task instanceof PreparedTask
            ? $task->callee ??= $this->calleeOf($task->original, $hint, isAlone: false)
            : $this->calleeOf($task, $hint, $args === []);
        if (is_string($callee) && $args === []) {
            return $callee;
        }
        $hints = $hint !== null && $callee instanceof Closure ? [spl_object_id($callee) => $hint] : [];
        $call = $args === [] ? [$callee] : [$callee, $args];
        return $this->serialize($call, $hints);
    }

    /**
     * A task that calls for many items: {@see Chunk}.
     *
     * @param list<mixed> $items
     * @param list<mixed> $keys of the items
     * @param ?Closure(): ?string $hint {@see ClosureCode::of()}
     * @throws ClosureNotSerializable
     */
    public function ofChunk(
        PreparedTask $task,
        array $items,
        array $keys,
        bool $isBounded,
        ?Retry $retry = null,
        ?Closure $hint = null,
    ): string {
        SharedValues::begin();
        Signals::hold();
        try {
            $callee = $task->callee ??= $this->calleeOf($task->original, $hint, isAlone: false);
            $arguments = [$callee, $items, $task->takesKeys ? $keys : null];
            if ($isBounded || $retry !== null) {
                $bounds = $isBounded ? [ChunkSize::MAX_SECONDS, ChunkSize::MAX_BYTES] : [null, null];
                array_push($arguments, ...$bounds);
            }
            if ($retry !== null) {
                $arguments[] = $retry;
            }
            $hints = $hint !== null && $callee instanceof Closure ? [spl_object_id($callee) => $hint] : [];
            return $this->serialize([self::CHUNK, $arguments], $hints);
        } finally {
            Signals::release();
        }
    }

    /**
     * A value on its way to a running task.
     *
     * @throws ClosureNotSerializable
     */
    public function ofValue(mixed $value): string
    {
        SharedValues::begin();
        Signals::hold();
        try {
            return $this->serializer->serialize($value, 'the value');
        } catch (Refusal $e) {
            throw new ClosureNotSerializable("the value can't travel: {$e->getMessage()}", previous: $e);
        } finally {
            Signals::release();
        }
    }

    /** @throws ClosureNotSerializable */
    public function prepared(callable|string $task): PreparedTask
    {
        $callable = $this->callableOf($task);
        $function = new ReflectionFunction($callable(...));
        // what else it takes by its own default is not meant for a key: round($x, $digits)
        $takesKeys = $function->getNumberOfRequiredParameters() > 1;
        return new PreparedTask($callable, $takesKeys);
    }

    /** @throws ClosureNotSerializable when it is the name of nothing that can be called */
    public function callableOf(callable|string|PreparedTask $task): callable
    {
        $callable = $task instanceof PreparedTask ? $task->original : $task;
        return is_callable($callable)
            ? $callable
            : throw new ClosureNotSerializable('"' . (is_string($callable) ? $callable : get_debug_type($callable))
                . '" is not the name of a callable');
    }

    /**
     * @param ?Closure(): ?string $hint
     * @param bool $isAlone whether it goes without arguments
     * @return mixed a name, or a payload without arguments; else what has to go together with the arguments
     * @throws ClosureNotSerializable
     */
    private function calleeOf(callable|string $task, ?Closure $hint, bool $isAlone): mixed
    {
        $task = $this->callableOf($task);
        if (is_array($task) && is_string($task[0])) {
            return "$task[0]::$task[1]";
        }
        if (!$task instanceof Closure) {
            return $task;
        }
        $function = new ReflectionFunction($task);
        if (!str_contains($function->getName(), '{closure')) {
            return self::nameOf($function) ?? $task;
        }
        return $this->library !== null
            ? $this->library->encode($task, $hint)
            : $this->written($task, $function, $hint, $isAlone) ?? $task;
    }

    /**
     * The payload of a closure with code of its own, where it may go by itself: it captured no object and no reference, so
     * it shares nothing with arguments, or there are none.
     *
     * @param ?Closure(): ?string $hint
     */
    private function written(Closure $closure, ReflectionFunction $function, ?Closure $hint, bool $isAlone): ?string
    {
        $code = ClosureCode::of($function, $hint);
        $found = FoundClosure::written($function, $code);
        if ($found->captured === [] && $found->statics === []) {
            if (count($this->constants) >= self::MAX_KEPT) {
                $this->constants = [];
            }
            $payload = $this->constants["$code->hash $found->scope $found->called"]
                ??= (string) LoneClosure::write($found, self::CLOSURE);
            if ($code->statics === []) {
                $this->known[$closure] = $payload;
            }
            return $payload;
        }
        $payload = $isAlone || $found->isIsolated() ? LoneClosure::write($found, self::CLOSURE) : null;
        if ($payload === null) {
            $this->found = [$closure, $found];
        }
        return $payload;
    }

    /** What strtoupper(...) and Report::build(...) refer to; null where more than a name has to travel. */
    private static function nameOf(ReflectionFunction $function): ?string
    {
        $scope = $function->getClosureScopeClass();
        $name = $function->getName();
        if ($scope === null) {
            return $name;
        }
        $isWhole = $function->getClosureThis() === null && $function->getClosureCalledClass()?->getName() === $scope->getName()
            && !$scope->isAnonymous();
        return $isWhole && is_callable("{$scope->getName()}::$name") ? "{$scope->getName()}::$name" : null;
    }

    /**
     * @param list<mixed> $list
     * @param array<int, Closure(): ?string> $hints
     * @throws ClosureNotSerializable
     */
    private function serialize(array $list, array $hints): string
    {
        $isClosure = $list[0] instanceof Closure;
        $known = $isClosure && ($this->found[0] ?? null) === $list[0] ? [spl_object_id($list[0]) => $this->found[1]] : [];
        $this->found = null;
        try {
            $names = [$isClosure ? '' : 'the task', 'argument'];
            return self::PREFIX . ($isClosure
                ? $this->serializer->serializeGraph($list, $names, $hints, $known)
                : $this->serializer->serialize($list, $names, $hints));
        } catch (Refusal $e) {
            $what = match (true) {
                $e->entry === 1 => 'the arguments',
                $isClosure => 'the closure',
                default => 'the task',
            };
            $advice = str_starts_with($e->path, '$this') ? '; make the closure static, and pass what it needs' : '';
            throw new ClosureNotSerializable("$what can't travel: {$e->getMessage()}$advice", previous: $e);
        }
    }
}
