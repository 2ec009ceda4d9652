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
    /** Gives a function that declares the closure, which has the scope and the called class that this has. */
    private readonly Closure $factory;

    /** @var array<string, Closure(array<string, mixed>): Closure> by scope and called class */
    private array $makers = [];

    /** @throws \ParseError */
    public function __construct(public readonly ClosureCode $code)
    {
        set_error_handler(static fn(): bool => true); // what PHP notices about the code is not the task's
        try {
            $this->factory = CodeStream::run($this->unit(), $code->file);
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
        return $this->makers["$scope $calledScope"] ??= $this->bind($scope, $calledScope);
    }

    private function bind(?string $scope, ?string $calledScope): Closure
    {
        if ($scope === null || $scope === Closure::class) {
            return Closure::bind($this->factory, null, null)();
        }
        if (!class_exists($scope)) {
            throw new ClosureNotSerializable("the closure was written in class $scope, which is not known here");
        }
        $isOther = $calledScope !== null && strcasecmp($calledScope, $scope) !== 0;
        return Closure::bind($this->factory, $isOther ? self::bareInstanceOf($calledScope) : null, $scope)();
    }

    /**
     * An object to borrow the class of.
     *
     * @throws ClosureNotSerializable
     */
    private static function bareInstanceOf(string $name): object
    {
        try {
            return (new ReflectionClass($name))->newInstanceWithoutConstructor();
        } catch (Throwable $e) {
            throw new ClosureNotSerializable("the closure needs $name as its called class, which can't be had: "
                . $e->getMessage(), previous: $e);
        }
    }

    private function unit(): string
    {
        return '<?php' . str_repeat("\n", $this->code->line - 1)
            . (($this->code->flags & ClosureCode::IS_STRICT) !== 0 ? ' declare(strict_types=1);' : '')
            . " {$this->code->header} return function () { return static function (array &\$__captured) {"
            . " \\extract(\$__captured, 256); return {$this->code->text}; }; };";
    }
}
