<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use ReflectionFunction;

/**
 * Finds the code of a closure, and refuses where it could be another one's: reflection tells the line in which it
 * begins, and libraries for closures take the first that begins there.
 *
 * @internal
 */
final class ClosureSource
{
    /**
     * @param bool $isFirst of the closures that begin in its line
     * @param string $header the namespace and the imports of its file, as code
     */
    private function __construct(
        public readonly WrittenClosure $written,
        public readonly bool $isFirst,
        public readonly string $header,
    ) {
    }

    /** What tells it from all closures for which a library makes something else: its place, its scope and its code. */
    public function keyOf(ReflectionFunction $closure): string
    {
        return implode("\n", [
            $closure->getFileName(),
            $closure->getStartLine(),
            $closure->getClosureScopeClass()?->getName() ?? '',
            $this->written->code,
        ]);
    }

    /** Whether it is one with code of its own, and not strtoupper(...) or $report->build(...). */
    public static function isWritten(ReflectionFunction $closure): bool
    {
        return str_contains($closure->getName(), '{closure');
    }

    /**
     * @param ?Closure(): ?string $hint asked for the code where it can't be told otherwise, as {@see CallSite} gives it
     * @return ?self null for a closure that was rebuilt from a payload: its library has its code, and only its
     * @throws ClosureNotSerializable
     */
    public static function of(ReflectionFunction $closure, ?Closure $hint = null): ?self
    {
        $file = (string) $closure->getFileName();
        $line = (int) $closure->getStartLine();
        if (str_contains($file, "eval()'d code")) {
            throw new ClosureNotSerializable("the closure comes from eval() in $file, so its code can't be read; "
                . 'write it in a file');
        }
        if (str_contains($file, '://') && !str_starts_with($file, 'phar://')) {
            return null;
        }
        $source = SourceFile::named($file) ?? throw new ClosureNotSerializable("the code of the closure can't be read "
            . "from \"$file\"; write it in a file");
        $all = $source->closuresIn($line);
        $candidates = [];
        foreach ($all as $written) {
            if ($written->couldBe($closure)) {
                $candidates[$written->code] ??= $written; // those of the same code are as good as one
            }
        }
        $code = count($candidates) > 1 && $hint !== null ? $hint() : null;
        if ($code !== null && isset($candidates[$code])) {
            $candidates = [$candidates[$code]];
        }
        if (count($candidates) > 1) {
            $count = count($candidates);
            throw new ClosureNotSerializable("$count closures begin in line $line of $file, and which of them is meant "
                . 'can\'t be told; write each in a line of its own');
        }
        $written = reset($candidates);
        if ($written === false) {
            throw new ClosureNotSerializable("$file has no such closure in line $line; it was changed after this "
                . 'process had loaded it: restart the process');
        }
        return new self($written, $written === $all[0], $source->importsAt($line));
    }
}
