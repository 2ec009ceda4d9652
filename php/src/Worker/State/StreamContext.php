<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class StreamContext implements Guard
{
    public const WHAT = 'Default stream context';
    public const HOW = '`stream_context_set_default()`: PHP cannot take an option back, so the worker is replaced';

    /** @var resource */
    private readonly mixed $context;

    /** @var array<string, mixed> */
    private readonly array $parameters;

    public function __construct()
    {
        $this->context = stream_context_get_default();
        $this->parameters = stream_context_get_params($this->context);
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        return \stream_context_get_params($this->context) === $this->parameters;
    }
}
