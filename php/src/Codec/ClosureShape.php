<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use Closure;
use ReflectionFunction;
use ReflectionReference;
use stdClass;
use Throwable;

/**
 * Compares what reflection knows about a closure with what stands in a file.
 *
 * @internal
 */
final class ClosureShape
{
    private function __construct()
    {
    }

    /** Whether the closure may be the one that is written there. */
    public static function fits(WrittenClosure $written, ReflectionFunction $loaded): bool
    {
        return $written->isStatic === $loaded->isStatic()
            && $written->returnsReference === $loaded->returnsReference()
            && $written->facts->isGenerator === $loaded->isGenerator()
            && self::isNamedSo($written, $loaded)
            && self::endsThere($written, (int) $loaded->getEndLine())
            && $written->parameters->fits($loaded, $written->context->imports)
            && WrittenType::couldBe($written->returnType, $loaded->getReturnType(), $written->context->imports)
            && self::hasDocComment($written, $loaded)
            && self::capturesThat($written, $loaded)
            && ($written->isStatic || self::agreesOnThis($written->facts, $loaded));
    }

    /** PHP leaves out what is behind "false &&". */
    private static function agreesOnThis(ClosureFacts $facts, ReflectionFunction $loaded): bool
    {
        return $facts->hasThis === self::hasThis($loaded)
            || $facts->hasThis && $facts->hasShortCircuit
            || !$facts->hasThis && $facts->computesNames;
    }

    /** Whether PHP has seen `$this` in its own code: it takes no object from such a closure. */
    private static function hasThis(ReflectionFunction $loaded): bool
    {
        $bound = @Closure::bind($loaded->getClosure(), new stdClass());
        return $bound !== null && @Closure::bind($bound, null) === null;
    }

    /** Names of closures tell what is around them, as of PHP 8.4. */
    private static function isNamedSo(WrittenClosure $written, ReflectionFunction $loaded): bool
    {
        $name = $loaded->getName();
        if (!str_starts_with($name, '{closure:')) {
            return true;
        }
        $own = $written->name((string) $loaded->getFileName());
        return $own === null || $own === $name;
    }

    private static function endsThere(WrittenClosure $written, int $end): bool
    {
        return $end >= $written->lastLine && $end <= ($written->isArrow ? $written->followingLine : $written->lastLine);
    }

    private static function hasDocComment(WrittenClosure $written, ReflectionFunction $loaded): bool
    {
        $comment = $loaded->getDocComment();
        return $written->docComment === null || $comment === false || $comment === $written->docComment->text;
    }

    private static function capturesThat(WrittenClosure $written, ReflectionFunction $loaded): bool
    {
        $captured = $loaded->getClosureUsedVariables();
        if ($written->isArrow) {
            return array_diff_key($captured, $written->mentioned()) === [] || $written->computesNames();
        }
        if (count($captured) !== count($written->uses)) {
            return false;
        }
        foreach ($written->uses as $name => $isReference) {
            // when PHP duplicates a closure, what nothing else refers to stops being a reference
            $isThere = array_key_exists($name, $captured);
            if (!$isThere || !$isReference && ReflectionReference::fromArrayElement($captured, $name) !== null) {
                return false;
            }
        }
        return self::hasStatics($written, $loaded, $captured);
    }

    /** @param array<string, mixed> $captured */
    private static function hasStatics(WrittenClosure $written, ReflectionFunction $loaded, array $captured): bool
    {
        if ($written->facts->statics === []) {
            return true; // to ask PHP evaluates what they begin with
        }
        try {
            $own = array_diff_key($loaded->getStaticVariables(), $captured);
        } catch (Throwable) {
            return true;
        }
        $names = $written->facts->namesOfStatics();
        return array_diff_key($own, array_flip($names)) === [] && count($own) === count($names);
    }
}
