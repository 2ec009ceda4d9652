<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * A line of a file, as it is told to people. Closure libraries use the whole source of a closure as its file's name,
 * and compile it below lines of their own: its place is then a line of `{closure}`, the first one being 1.
 */
final class SourcePlace
{
    private const CLOSURE = '~^[\w-]*closure[\w-]*://~';

    private const NAME_LIMIT = 1_024;

    private function __construct(public readonly string $file, public readonly int $line)
    {
    }

    public static function of(string $file, int $line): self
    {
        if (preg_match(self::CLOSURE, $file) !== 1) {
            return new self(ExceptionReport::text($file, self::NAME_LIMIT), $line);
        }
        return new self('{closure}', max(1, $line - (str_contains($file, CompiledClosures::MAKER) ? 2 : 1)));
    }
}
