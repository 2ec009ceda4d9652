<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use Closure;
use ReflectionMethod;
use UnexpectedValueException;

/**
 * Closures of functions and methods, as `strtoupper(...)` and `parent::build(...)` make them.
 *
 * @internal
 */
final class NamedCallable
{
    private function __construct()
    {
    }

    /**
     * @param ?string $scope the class that has the method; null for a function
     * @param ?string $called the class that `static` is in a static method
     * @param bool $isMagic whether `__call()` or `__callStatic()` takes the call
     * @throws UnexpectedValueException when there is no such function or method here
     */
    public static function make(string $name, ?object $object, ?string $scope, ?string $called, bool $isMagic): Closure
    {
        if ($object instanceof Closure) {
            return $object; // $closure->__invoke(...)
        }
        if ($scope === null) {
            return function_exists($name)
                ? Closure::fromCallable($name)
                : throw new UnexpectedValueException("function $name() is not known here");
        }
        if (!class_exists($scope) && !trait_exists($scope)) {
            throw new UnknownClass($scope);
        }
        $called ??= $scope;
        if ($isMagic) {
            return Closure::fromCallable([$object ?? $called, $name]);
        }
        if (!method_exists($scope, $name)) {
            throw new UnexpectedValueException("method $scope::$name() is not known here");
        }
        $method = new ReflectionMethod($scope, $name);
        return $object !== null || strcasecmp($called, $scope) === 0
            ? $method->getClosure($object)
            : self::ofSubclass($method, $called);
    }

    /** A static method in which `static` is a class below the one that has the method. */
    private static function ofSubclass(ReflectionMethod $method, string $called): Closure
    {
        if (!class_exists($called)) {
            throw new UnknownClass($called);
        }
        $scope = $method->getDeclaringClass()->getName();
        $own = new ReflectionMethod($called, $method->getName());
        if ($method->isPublic() && $own->getDeclaringClass()->getName() === $scope) {
            return Closure::fromCallable([$called, $method->getName()]);
        }
        // called from its own scope, with an object to borrow the class of
        $maker = Closure::bind(function (string $name): Closure {
            return self::{$name}(...);
        }, PropertyWriter::bare($called), $scope);
        return $maker($method->getName());
    }
}
