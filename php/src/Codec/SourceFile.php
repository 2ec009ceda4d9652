<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Quietly;

/**
 * A file of PHP code as it is on disk now, and the closures in it.
 *
 * @internal
 */
final class SourceFile
{
    /** How many files are remembered. */
    private const MAX_FILES = 64;

    /** What tells that a file has been written. */
    private const STAMP = ['dev', 'ino', 'size', 'mtime', 'ctime'];

    /** @var array<string, self> by name */
    private static array $files = [];

    public readonly bool $isStrict;

    /** @var array<int, list<WrittenClosure>> by the line where their `function` or `fn` is */
    private readonly array $closures;

    /** @var array<string, ?WrittenCall> */
    private array $calls = [];

    /** @var array<string, ClosureCode> what has been found, by all that reflection tells of a closure; by what is written */
    public array $known = [];

    private readonly SourceParser $parser;

    private int $readAt = 0;

    /** @param array<string, int> $stamp empty when there is none */
    private function __construct(private readonly string $code, private array $stamp)
    {
        $this->parser = new SourceParser($code);
        $closures = [];
        foreach ($this->parser->closures as $closure) {
            $closures[$closure->line][] = $closure;
        }
        $this->closures = $closures;
        $this->isStrict = $this->parser->isStrict;
    }

    /**
     * @param string $name as reflection gives it
     * @throws ClosureNotSerializable when the file can't be read, or is known to have been written after it was loaded
     */
    public static function named(string $name): self
    {
        if (str_contains($name, '://')) {
            return self::read($name, []);
        }
        clearstatcache();
        $stat = @stat($name) ?: throw self::isUnreadable($name);
        $known = self::$files[$name] ?? null;
        if ($known !== null && $known->isAsOf($stat)) {
            return $known;
        }
        if (FileAge::isNewerThanLoaded($name, $stat)) {
            // it is not read, for that would make it seem to be loaded
            throw new ClosureNotSerializable("$name was changed after this process had loaded it, so the code of the "
                . 'closure is not there any more; load the file again, or restart the process');
        }
        return self::read($name, array_intersect_key($stat, array_flip(self::STAMP)));
    }

    /** @return list<WrittenClosure> those whose `function` or `fn` is in the line */
    public function closuresIn(int $line): array
    {
        return $this->closures[$line] ?? [];
    }

    /** {@see WrittenCall::find()} */
    public function call(string $name, int $line, bool $isInClosure): ?WrittenCall
    {
        $key = "$name $line " . (int) $isInClosure;
        if (!array_key_exists($key, $this->calls)) {
            $this->calls[$key] = WrittenCall::find($this->code, $this->parser, $name, $line, $isInClosure);
        }
        return $this->calls[$key];
    }

    /**
     * Times are seconds: what was as young as that when it was read may have been written again without a trace.
     *
     * @param array<array-key, int> $stat
     */
    private function isAsOf(array $stat): bool
    {
        return $this->stamp !== [] && array_intersect_key($stat, $this->stamp) === $this->stamp
            && $stat['ctime'] < $this->readAt - 1;
    }

    /** @param array<string, int> $stamp */
    private static function read(string $name, array $stamp): self
    {
        $now = time();
        $code = Quietly::call(static fn(): string|false => file_get_contents($name)); // PHP deprecates a library's stream
        if ($code === false) {
            throw self::isUnreadable($name);
        }
        $file = self::$files[$name] ?? null;
        if ($file === null || $file->code !== $code) {
            if (count(self::$files) >= self::MAX_FILES) {
                unset(self::$files[array_key_first(self::$files)]);
            }
            $file = self::$files[$name] = new self($code, $stamp);
        }
        [$file->stamp, $file->readAt] = [$stamp, $now];
        return $file;
    }

    private static function isUnreadable(string $name): ClosureNotSerializable
    {
        unset(self::$files[$name]);
        return new ClosureNotSerializable("the code of the closure can't be read from \"$name\"; write it in a file");
    }
}
