<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use Laravel\SerializableClosure\SerializableClosure as LaravelClosure;
use Opis\Closure\SerializableClosure as Opis3Closure;
use Opis\Closure\Serializer as Opis4;
use ReflectionFunction;

/**
 * Makes payloads of tasks: by opis/closure 4, laravel/serializable-closure or opis/closure 3, whichever of
 * them is installed, in this order. Functions and static methods go by their names.
 *
 * @internal
 */
final class ClosureSerializer
{
    /** @param array<array-key, mixed> $args */
    public function serialize(Closure|string $task, array $args): string
    {
        if (is_string($task) && !is_callable($task)) {
            throw new ClosureNotSerializable("\"$task\" is not the name of a callable");
        }
        if ($task instanceof Closure) {
            $task = self::nameOf($task) ?? $task;
        }
        if ($args !== []) {
            $task = static fn(): mixed => $task(...$args);
        }
        return is_string($task) ? $task : $this->serializeClosure($task);
    }

    private function serializeClosure(Closure $closure): string
    {
        try {
            return match (true) {
                class_exists(Opis4::class) => Opis4::serialize($closure),
                class_exists(LaravelClosure::class) => serialize(new LaravelClosure($closure)),
                class_exists(Opis3Closure::class) => serialize(new Opis3Closure($closure)),
                default => throw new ClosureNotSerializable('no library for closures is installed; '
                    . 'composer require laravel/serializable-closure (or opis/closure)'),
            };
        } catch (ClosureNotSerializable $e) {
            throw $e;
        } catch (\Throwable $e) {
            throw new ClosureNotSerializable('the closure cannot be sent to a worker: ' . $e->getMessage(), 0, $e);
        }
    }

    /** The name of what strtoupper(...) and Report::build(...) refer to; null for closures with code of their own. */
    private static function nameOf(Closure $closure): ?string
    {
        $function = new ReflectionFunction($closure);
        $name = $function->getName();
        if (str_contains($name, '{closure') || $function->getClosureThis() !== null) {
            return null;
        }
        $class = $function->getClosureScopeClass();
        $name = $class === null ? $name : "{$class->getName()}::$name";
        return is_callable($name) ? $name : null;
    }
}
