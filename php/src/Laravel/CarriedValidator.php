<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use Illuminate\Contracts\Validation\Validator;
use Illuminate\Support\MessageBag;
use LogicException;

/**
 * The validator of a ValidationException that was thrown in a worker: its messages are here, data and rules stayed there.
 */
final class CarriedValidator implements Validator
{
    /** @param array<string, list<string>> $messages by attribute */
    public function __construct(private readonly array $messages)
    {
    }

    public function errors(): MessageBag
    {
        return new MessageBag($this->messages);
    }

    public function getMessageBag(): MessageBag
    {
        return $this->errors();
    }

    public function fails(): bool
    {
        return true;
    }

    /** @return array{} the rules that failed are not known here */
    public function failed(): array
    {
        return [];
    }

    public function validate(): never
    {
        throw self::stayed();
    }

    public function validated(): never
    {
        throw self::stayed();
    }

    /**
     * @param string|array<array-key, mixed> $attribute
     * @param string|array<array-key, mixed> $rules
     */
    public function sometimes($attribute, $rules, callable $callback): never
    {
        throw self::stayed();
    }

    /** @param callable|string $callback */
    public function after($callback): never
    {
        throw self::stayed();
    }

    private static function stayed(): LogicException
    {
        return new LogicException('the data and rules of this validation stayed in the worker; only its messages are here');
    }
}
