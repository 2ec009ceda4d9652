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
        $scope = $named->getClosureScopeClass()?->getName();
        if ($object !== null) {
            return static fn(): mixed => app()->call(Closure::bind(static fn(): Closure => $object->$name(...), null, $scope)());
        }
        return $scope === null
            ? static fn(): mixed => app()->call($name)
            : static fn(): mixed => app()->call(Closure::bind(static fn(): Closure => $scope::$name(...), null, $scope)());
    }
}
