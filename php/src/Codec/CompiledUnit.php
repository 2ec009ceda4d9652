<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use ReflectionClass;
use Throwable;

/**
 * The code of a closure, compiled.
 *
 * @internal
 */
final class CompiledUnit
{
    /** Whether each closure must have it compiled anew: classes without a name keep what is static in them. */
    public readonly bool $isForOne;

    /** @var list<WrittenClosure> itself, and those within */
    public readonly array $closures;

    /** Gives a function that declares the closure, which has the scope and the called class that this has. */
    private readonly Closure $factory;

    /** @var array<string, Closure(array<string, mixed>): Closure> by scope and called class */
    private array $makers = [];

    /**
     * @param list<string> $statics names of static variables that begin with values that are given
     * @throws \ParseError
     */
    public function __construct(public readonly ClosureCode $code, array $statics)
    {
        $source = new UnitSource($code, $statics);
        $this->closures = $source->closures;
        $this->isForOne = $source->hasStatefulClass;
        set_error_handler(static fn(): bool => true); // what PHP notices about the code is not the task's
        try {
            $this->factory = CodeStream::run($source->text, UnitSource::nameOf($code->file));
        } finally {
            restore_error_handler();
        }
    }

    /**
     * @return Closure(array<string, mixed>): Closure
     * @throws ClosureNotSerializable
     */
    public function makerFor(?string $scope, ?string $calledScope): Closure
    {
        $maker = $this->makers["$scope $calledScope"] ?? null;
        if ($maker !== null) {
            return $maker;
        }
        $maker = $this->bind($scope, $calledScope);
        if ($scope === null || class_exists($scope, false) || trait_exists($scope, false)) {
            $this->makers["$scope $calledScope"] = $maker; // an unknown class may be known later
        }
        return $maker;
    }

    private function bind(?string $scope, ?string $calledScope): Closure
    {
        if ($scope === null || $scope === Closure::class) {
            return Closure::bind($this->factory, null, null)();
        }
        if (!class_exists($scope) && !trait_exists($scope)) {
            if ($calledScope === null && $this->code->isFree()) {
                return Closure::bind($this->factory, null, null)();
            }
            throw new ClosureNotSerializable("the closure was written in class $scope, which is not known here");
        }
        $isOther = $calledScope !== null && strcasecmp($calledScope, $scope) !== 0;
        $object = $isOther ? self::bareInstanceOf($calledScope) : null;
        return Closure::bind($this->factory, $object, $scope)();
    }

    /**
     * An object to borrow the class of.
     *
     * @throws ClosureNotSerializable
     */
    private static function bareInstanceOf(string $name): object
    {
        try {
            $class = new ReflectionClass($name);
            if (!$class->hasMethod('__destruct')) {
                return $class->newInstanceWithoutConstructor();
            }
            // no destructor may see an object that is not whole; one without properties can't be lazy
            if (!method_exists($class, 'newLazyGhost') || !self::hasProperties($class)) {
                throw new ClosureNotSerializable('it has a destructor');
            }
            return $class->newLazyGhost(static fn() => null);
        } catch (Throwable $e) {
            throw new ClosureNotSerializable("the closure was made by a static method of $name, and a worker can't make "
                . "another for that class: {$e->getMessage()}; pass it the name of the class", previous: $e);
        }
    }

    /** @param ReflectionClass<object> $class */
    private static function hasProperties(ReflectionClass $class): bool
    {
        foreach ($class->getProperties() as $property) {
            if (!$property->isStatic()) {
                return true;
            }
        }
        return false;
    }
}
