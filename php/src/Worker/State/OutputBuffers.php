<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

use B7s\Parallite\Worker\OutputCapture;

final class OutputBuffers implements Guard
{
    public const WHAT = 'Output buffers';
    public const HOW = '`ob_start()`: those that were left open are flushed, before the result is serialized; one that PHP does not '
        . 'let go of has the worker replaced';

    public function __construct(private readonly OutputCapture $output)
    {
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        return $this->output->settle();
    }
}
