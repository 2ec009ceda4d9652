<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Throwable;

/**
 * How a future has ended, for those who want failures as values: {@see Future::settled()}.
 *
 * @template-covariant T
 */
final class Settled
{
    /**
     * @param T|null $value null when it failed
     * @param ?Throwable $exception null when it did not
     */
    public function __construct(public readonly mixed $value, public readonly ?Throwable $exception)
    {
    }

    /**
     * @internal
     * @return self<mixed>
     */
    public static function of(Outcome $outcome): self
    {
        $failure = $outcome->exception();
        $value = $failure === null ? $outcome->get() : null;
        return new self($value, $failure);
    }

    public function isOk(): bool
    {
        return $this->exception === null;
    }

    /**
     * @return T
     * @throws Throwable the failure
     */
    public function get(): mixed
    {
        if ($this->exception !== null) {
            throw $this->exception;
        }
        return $this->value;
    }
}
