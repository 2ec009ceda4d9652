<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\Codecs;
use B7s\Parallite\Codec\Culprit;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Wire\PhpValue;
use Closure;
use ReflectionFunction;
use Throwable;

/**
 * Makes payloads of tasks. Functions and static methods go by their names, closures by a library for them, methods
 * together with their objects; arguments as PHP serializes them.
 *
 * @internal
 */
final class TaskPayload
{
    /** Before a callee and its arguments. */
    public const PREFIX = 'parallite:1:';

    /** @param ?ClosureCodec $codec the best that is installed, when none is given */
    public function __construct(private ?ClosureCodec $codec = null)
    {
    }

    /**
     * @param array<array-key, mixed> $args
     * @param ?Closure(): ?string $hint {@see ClosureCodec::encode()}
     * @throws ClosureNotSerializable
     */
    public function of(callable|string|PreparedTask $task, array $args, ?Closure $hint = null): string
    {
        $callee = $task instanceof PreparedTask
            ? $task->callee ??= $this->calleeOf($task->original, $hint)
            : $this->calleeOf($task, $hint);
        if ($args === []) {
            return $callee;
        }
        $named = [];
        foreach ($args as $name => $value) {
            $named[is_int($name) ? 'argument ' . $name + 1 : "argument $name"] = $value;
        }
        $culprit = Culprit::resourceIn($named);
        try {
            if ($culprit === null) {
                return self::PREFIX . PhpValue::encode([$callee, $args]);
            }
        } catch (Throwable $e) {
            $culprit = Culprit::in($named) ?? $e->getMessage();
        }
        throw new ClosureNotSerializable("the arguments can't travel: $culprit", previous: $e ?? null);
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

    /** The payload for a call without arguments. */
    private function calleeOf(callable|string $task, ?Closure $hint = null): string
    {
        $task = $this->callableOf($task);
        if (is_string($task)) {
            return $task;
        }
        if ($task instanceof Closure) {
            $named = self::nameOf($task);
            if ($named === null) {
                return ($this->codec ??= Codecs::best())->encode($task, $hint);
            }
            $task = $named;
        }
        if (is_array($task) && is_string($task[0])) {
            return "$task[0]::$task[1]";
        }
        try {
            return is_string($task) ? $task : serialize($task);
        } catch (Throwable $e) {
            $culprit = Culprit::in(['the object' => is_array($task) ? $task[0] : $task]) ?? $e->getMessage();
            throw new ClosureNotSerializable("the task can't travel: $culprit", previous: $e);
        }
    }

    /**
     * What strtoupper(...), Report::build(...) and $report->build(...) refer to; null for closures with code of their
     * own.
     *
     * @return string|array{object, string}|null
     */
    private static function nameOf(Closure $closure): string|array|null
    {
        $function = new ReflectionFunction($closure);
        $name = $function->getName();
        if (str_contains($name, '{closure')) {
            return null;
        }
        $object = $function->getClosureThis();
        $class = $function->getClosureScopeClass();
        $callable = match (true) {
            $object !== null => [$object, $name],
            $class !== null => "{$class->getName()}::$name",
            default => $name,
        };
        if (!is_callable($callable)) {
            throw new ClosureNotSerializable("$name() can't be called from outside of its class, so it can't travel by "
                . 'its name; write a closure around it');
        }
        return $callable;
    }
}
