<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class AssertCallback implements NamedCallGuard
{
    public const WHAT = 'Callback of assertions';
    public const HOW = '`assert_options()`';
    public const FUNCTIONS = ['assert_options'];

    private const CALLBACK = 2; // the constant's name is deprecated since PHP 8.3

    private readonly mixed $callback;

    public function __construct()
    {
        $this->callback = @assert_options(self::CALLBACK);
    }

    public static function isNeeded(): bool
    {
        return function_exists('assert_options');
    }

    public function restore(): bool
    {
        if (@assert_options(self::CALLBACK) !== $this->callback) {
            @assert_options(self::CALLBACK, $this->callback);
        }
        return true;
    }
}
