<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class StandardStreams implements Guard
{
    public const WHAT = 'Standard streams';
    public const HOW = 'after `fclose()` of `STDIN`, `STDOUT` or `STDERR` the worker is replaced';

    /** @var array<resource> those that were open at the start */
    private readonly array $streams;

    public function __construct()
    {
        $this->streams = array_filter([STDIN, STDOUT, STDERR], is_resource(...));
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        foreach ($this->streams as $stream) {
            if (!\is_resource($stream)) {
                return false;
            }
        }
        return true;
    }
}
