<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use Closure;

/**
 * A closure in the parts that laravel/serializable-closure takes it into; {@see CompiledClosures} puts them together.
 */
final class SerializedClosure
{
    /** Null when the parts are not those of a closure. */
    public readonly ?string $code;

    private ?Closure $closure = null;

    /** @var array<string, mixed> what it captured, some of it maybe by reference */
    private array $use = [];

    private ?object $this = null;

    private ?string $scope = null;

    /** @param array<string, mixed> $parts */
    public function __unserialize(array $parts): void
    {
        $isWhole = isset($parts['function'], $parts['use']) && is_string($parts['function']) && is_array($parts['use']);
        $this->code = $isWhole ? $parts['function'] : null;
        $this->use = $isWhole ? $parts['use'] : [];
        $this->this = $parts['this'] ?? null;
        $this->scope = $parts['scope'] ?? null;
    }

    /** @param Closure(array<string, mixed>): Closure $maker of its code */
    public function makeWith(Closure $maker): void
    {
        $this->closure = $maker($this->use)->bindTo($this->this, $this->scope);
    }

    /** Whether it captured nothing, so that whatever is made of the same payload is the same. */
    public function isConstant(): bool
    {
        return $this->use === [] && $this->this === null && $this->closure !== null;
    }

    public function scope(): ?string
    {
        return $this->scope;
    }

    /** Null when its scope, a class, does not exist here. */
    public function getClosure(): ?Closure
    {
        return $this->closure;
    }
}
