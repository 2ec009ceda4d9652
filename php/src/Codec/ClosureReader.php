<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use ReflectionFunction;

/**
 * Finds the code of closures in the files where they are written.
 *
 * @internal
 */
final class ClosureReader
{
    private function __construct()
    {
    }

    /**
     * @param ?Closure(): ?string $hint {@see ClosureCode::of()}
     * @throws ClosureNotSerializable
     */
    public static function codeOf(ReflectionFunction $function, ?Closure $hint = null): ClosureCode
    {
        $source = ClosureSource::of($function, $hint);
        if ($source === null) {
            throw new ClosureNotSerializable('the code of a rebuilt closure is not known yet');
        }
        $written = $source->written;
        $class = $function->getClosureScopeClass()?->getName() ?? '';
        return new ClosureCode(
            $written->portableCode((string) $function->getFileName(), $class),
            (string) $function->getFileName(),
            $written->tokens[0]->line,
            str_replace("\n", ' ', $source->header),
            ($written->isStatic ? ClosureCode::IS_STATIC : 0)
                | ($written->isArrow ? ClosureCode::IS_ARROW : 0)
                | ($written->mentionsThis() ? ClosureCode::USES_THIS : 0)
                | ClosureCode::USES_CALLED_CLASS,
            $written->isArrow ? [] : array_fill_keys($written->uses, false),
            [],
            $class,
            $function->getName(),
        );
    }
}
