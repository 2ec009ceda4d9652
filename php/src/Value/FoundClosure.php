<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use B7s\Parallite\Codec\ClosureCode;
use Closure;
use ReflectionException;
use ReflectionFunction;
use ReflectionMethod;
use ReflectionReference;

/**
 * What travels of a closure.
 *
 * @internal
 */
final class FoundClosure
{
    /**
     * @param ?ClosureCode $code null for what has a name, or was packed by a library
     * @param ?string $packed by a library
     * @param array<string, mixed> $captured variables, and the object that it is bound to as `this`
     * @param array<string, mixed> $statics
     * @param ?string $scope a class
     * @param ?string $called the class that `static` is; null: the object's, else the scope
     */
    private function __construct(
        public readonly ?ClosureCode $code,
        public readonly ?string $packed,
        public readonly array $captured = [],
        public readonly array $statics = [],
        public readonly ?string $scope = null,
        public readonly ?string $called = null,
        public readonly string $name = '',
        public readonly bool $isMagic = false,
    ) {
    }

    public static function packed(string $packed): self
    {
        return new self(null, $packed);
    }

    /** A closure with code of its own. */
    public static function written(ReflectionFunction $function, ClosureCode $code): self
    {
        $captured = $function->getClosureUsedVariables();
        if (($code->flags & ClosureCode::IS_ARROW) === 0) {
            $captured = \array_intersect_key($captured, $code->uses); // compiled code has a variable of ours besides
        }
        $object = $code->objectOf($function);
        if ($object !== null) {
            $captured['this'] = $object;
        }
        $class = $function->getClosureScopeClass();
        $called = $object === null && $code->usesCalledClass() ? $function->getClosureCalledClass()?->getName() : null;
        $isNeeded = $object !== null || $code->usesCalledClass();
        $scope = $class === null || !$isNeeded && ClosureCode::isUnknowable($class) ? null : $class->getName();
        return new self($code, null, $captured, $code->changedStatics($function), $scope, $called);
    }

    /** Whether it shares no object and no reference with anything else. */
    public function isIsolated(): bool
    {
        foreach ([$this->captured, $this->statics] as $values) {
            foreach ($values as $name => $value) {
                $isPlain = $value === null || \is_scalar($value) || \is_array($value) && Survey::isPlain($value, 1);
                if (!$isPlain || ReflectionReference::fromArrayElement($values, $name) !== null) {
                    return false;
                }
            }
        }
        return true;
    }

    /** strtoupper(...), $report->build(...), parent::build(...), Suit::from(...). */
    public static function named(ReflectionFunction $function): self
    {
        $object = $function->getClosureThis();
        $scope = $function->getClosureScopeClass()?->getName();
        $captured = $object === null ? [] : ['this' => $object];
        $called = $object === null ? $function->getClosureCalledClass()?->getName() : null;
        $isMagic = $scope !== null && $scope !== Closure::class && self::isMagic($function, $scope);
        return new self(null, null, $captured, [], $scope, $called, $function->getName(), $isMagic);
    }

    /** Whether `__call()` or `__callStatic()` takes the call: there is no such method, or it was out of reach. */
    private static function isMagic(ReflectionFunction $function, string $scope): bool
    {
        try {
            return $function->isInternal() && !(new ReflectionMethod($scope, $function->getName()))->isInternal();
        } catch (ReflectionException) {
            return true;
        }
    }
}
