<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class Namespaces implements NamedCallGuard
{
    public const WHAT = 'Namespaces of the process';
    public const HOW = '`pcntl_unshare()`, `pcntl_setns()`: the worker is replaced';
    public const FUNCTIONS = ['pcntl_unshare', 'pcntl_setns'];

    private const DIRECTORY = '/proc/self/ns';

    /** @var array<string, string|false> */
    private readonly array $namespaces;

    public function __construct()
    {
        $this->namespaces = self::now();
    }

    public static function isNeeded(): bool
    {
        return function_exists('pcntl_unshare') && is_dir(self::DIRECTORY);
    }

    public function restore(): bool
    {
        return self::now() === $this->namespaces;
    }

    /** @return array<string, string|false> */
    private static function now(): array
    {
        $namespaces = [];
        $names = @scandir(self::DIRECTORY) ?: [];
        foreach (array_diff($names, ['.', '..']) as $name) {
            $namespaces[$name] = @readlink(self::DIRECTORY . "/$name");
        }
        return $namespaces;
    }
}
