<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

/**
 * PHP begins to rewrite output once only, and takes nothing of it back.
 */
final class OutputSettings implements Guard
{
    public const WHAT = 'Rewriting and flushing of output';
    public const HOW = '`ob_implicit_flush()`; after a task that names `output_add_rewrite_var` the worker is replaced';
    public const FUNCTION = 'output_add_rewrite_var';

    private readonly bool $flushes;

    public function __construct(private readonly LoadedCode $code)
    {
        $this->flushes = (bool) ini_get('implicit_flush');
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        \output_reset_rewrite_vars();
        \ob_implicit_flush($this->flushes);
        return !$this->code->isNamedByTask(self::FUNCTION);
    }
}
