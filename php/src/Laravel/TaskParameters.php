<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use InvalidArgumentException;
use ReflectionFunction;
use ReflectionNamedType;
use ReflectionParameter;

/**
 * What a task requires comes from the container of the worker, which has objects only, and what contextual attributes of
 * Laravel name.
 *
 * @internal
 */
final class TaskParameters
{
    private function __construct()
    {
    }

    /** @throws InvalidArgumentException when no container can call it: for Laravel this is a fault of its own in functions */
    public static function check(ReflectionFunction $task): void
    {
        foreach ($task->getParameters() as $parameter) {
            if (!$parameter->isOptional() && !self::isGiven($parameter)) {
                $what = str_contains($task->getName(), '{closure') ? 'the task' : "the task {$task->getName()}(...)";
                throw new InvalidArgumentException("$what requires \${$parameter->getName()}, and the container of the worker gives "
                    . 'objects of classes only; capture the value in a closure, which calls what is to be called');
            }
        }
    }

    private static function isGiven(ReflectionParameter $parameter): bool
    {
        $type = $parameter->getType();
        return $parameter->getAttributes() !== [] || $type instanceof ReflectionNamedType && !$type->isBuiltin();
    }
}
