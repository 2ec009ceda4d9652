<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use Closure;
use ReflectionFunction;

/**
 * Makes tasks of functions and methods, as `strlen(...)`, `Reports::total(...)` and `$order->total(...)` name them:
 * laravel/serializable-closure carries closures only that have code of their own. What they require comes from the container
 * of the worker, as for all closures.
 *
 * @internal
 */
final class NamedTask
{
    private function __construct()
    {
    }

    /** @return Closure that calls what the given one names */
    public static function of(ReflectionFunction $named): Closure
    {
        $name = $named->getName();
        $object = $named->getClosureThis();
        $declaring = $named->getClosureScopeClass();
        $called = $named->getClosureCalledClass()?->getName(); // maybe an heir of the declaring one: a model, a facade
        $scope = $declaring === null || $declaring->isInternal() ? self::class : $declaring->getName(); // PHP's own classes take none
        if ($object !== null) {
            return static fn(): mixed => app()->call(Closure::bind(static fn(): Closure => $object->$name(...), null, $scope)());
        }
        return $called === null
            ? static fn(): mixed => app()->call($name)
            : static fn(): mixed => app()->call(Closure::bind(static fn(): Closure => $called::$name(...), null, $scope)());
    }
}
