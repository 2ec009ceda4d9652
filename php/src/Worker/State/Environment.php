<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class Environment implements NamedCallGuard, OwnOfProcess
{
    public const WHAT = 'Environment variables';
    public const HOW = '`putenv()`';
    public const FUNCTIONS = ['putenv'];

    /** @var array<string, string> */
    private readonly array $variables;

    public function __construct()
    {
        $this->variables = getenv();
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        $now = getenv();
        if ($now === $this->variables) {
            return true;
        }
        foreach (array_diff_key($now, $this->variables) as $name => $_) {
            putenv((string) $name);
        }
        foreach (array_diff_assoc($this->variables, $now) as $name => $value) {
            putenv("$name=$value");
        }
        return true;
    }
}
