<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Codec\ClosureCompiler;
use B7s\Parallite\Codec\UnitSource;
use Closure;
use ReflectionFunction;

/**
 * A line of a file, as it is shown to people. Closure libraries use the whole source of a closure as its file's name,
 * and compile it below lines of their own: its place is then a line of `{closure}`, the first one being 1.
 */
final class SourcePlace
{
    private const CLOSURE = '~^[\w-]*closure[\w-]*://~';

    private const NAME = '~^\{closure:.*closure[\w-]*://~s';

    /** opis/closure 4 names files by a digest of their code, which this line is above. */
    private const OPIS_4 = 'closure://fn/';
    private const START = '// Start of serialized closure';

    private const NAME_LIMIT = 1_024;

    /** @var array{string, string, int}|null {@see written()} */
    private static ?array $written = null;

    private function __construct(public readonly string $file, public readonly int $line)
    {
    }

    /**
     * Tells where the closure of the running task is written, for which its library has no place.
     *
     * @param string $file of the closure, where it was submitted
     * @param int $line in which it begins there
     */
    public static function written(Closure $closure, string $file, int $line): void
    {
        $name = (string) (new ReflectionFunction($closure))->getFileName();
        self::$written = preg_match(self::CLOSURE, $name) === 1 ? [$name, $file, $line] : null;
    }

    public static function of(string $file, int $line): self
    {
        if (str_starts_with($file, __DIR__) && str_ends_with($file, Script::EVALUATED)) {
            return new self('{code}', $line);
        }
        if (preg_match(self::CLOSURE, $file) !== 1) {
            return new self(ExceptionReport::text(UnitSource::fileOf($file), self::NAME_LIMIT), $line);
        }
        $line = max(1, $line - self::linesAbove($file));
        if (self::$written !== null && self::$written[0] === $file) {
            return new self(self::$written[1], self::$written[2] + $line - 1);
        }
        return new self('{closure}', $line);
    }

    /** The name of a function in a trace: since PHP 8.4 that of a closure holds the name of what is around it. */
    public static function function(string $name): string
    {
        return preg_match(self::NAME, $name) === 1 ? '{closure}' : ClosureCompiler::writtenName($name);
    }

    private static function linesAbove(string $file): int
    {
        if (str_contains($file, CompiledClosures::MAKER)) {
            return 2;
        }
        $code = str_starts_with($file, self::OPIS_4) ? strstr((string) @file_get_contents($file), self::START, true) : false;
        return $code === false ? 1 : substr_count($code, "\n") + 1;
    }
}
