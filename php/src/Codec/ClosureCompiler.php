<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use ReflectionFunction;

/**
 * Makes closures of code that came from another process. A text is compiled once in a process; each call declares the
 * closure anew, so that static variables start afresh, and variables captured by reference are those of the call.
 *
 * What is compiled is a function that declares the closure. It says that it is in the file of the closure, and has as
 * many lines before it: stack traces name the right place, and relative includes are looked for beside that file.
 *
 * @internal
 */
final class ClosureCompiler
{
    private const MAX_UNITS = 1_024;

    /** @var array<string, CompiledUnit> by hash and the names of static variables that were given, oldest first */
    private static array $units = [];

    private function __construct()
    {
    }

    /**
     * @param array<string, mixed> $captured by name; what the code captures by reference becomes a reference to the
     *     entry of this array
     * @param ?object $object what `$this` is; its class is the called class then
     * @param ?string $scope the class whose private members it sees; null or "Closure" for none
     * @param ?string $calledScope what `static` is where there is no object; null: the scope
     * @param array<string, mixed> $statics values of static variables that differ from what they start with, by name
     * @throws \ParseError when the text is not valid here
     * @throws ClosureNotSerializable when there is no such class here
     */
    public static function make(
        ClosureCode $code,
        array &$captured = [],
        ?object $object = null,
        ?string $scope = null,
        ?string $calledScope = null,
        array $statics = [],
    ): Closure {
        $unit = $statics === [] ? self::$units[$code->hash] ?? null : null;
        if ($unit === null || $unit->isForOne) {
            $unit = self::unit($code, $statics, $captured);
        }
        if ($object === null) {
            return $unit->makerFor($scope, $calledScope)($captured);
        }
        return $unit->makerFor($scope, null)($captured)->bindTo($object);
    }

    /**
     * The code of a closure that was made here, or was declared in the code of such a one; null for others.
     *
     * @throws ClosureNotSerializable when it has been forgotten
     */
    public static function codeOf(ReflectionFunction $function): ?ClosureCode
    {
        $comment = $function->getDocComment();
        $tag = $comment === false ? null : UnitSource::tagIn($comment);
        if ($tag === null) {
            return null;
        }
        $unit = self::$units[$tag[0]] ?? self::unitWithStatics($tag[0]);
        $written = $unit?->closures[$tag[1]] ?? throw new ClosureNotSerializable('the code of the closure has been '
            . 'forgotten: this process has rebuilt ' . self::MAX_UNITS . ' others since');
        $isStrict = ($unit->code->flags & ClosureCode::IS_STRICT) !== 0;
        $name = UnitSource::nameIn($written, $unit->code);
        return ClosureReader::codeAs($written, $function, $unit->code->file, $isStrict, $name);
    }

    /** Whether it was made here of code from a file without strict types. */
    public static function isLoose(Closure $closure): bool
    {
        $comment = (new ReflectionFunction($closure))->getDocComment();
        $tag = $comment === false ? null : UnitSource::tagIn($comment);
        $unit = $tag === null ? null : self::$units[$tag[0]] ?? self::unitWithStatics($tag[0]);
        return $unit !== null && ($unit->code->flags & ClosureCode::IS_STRICT) === 0;
    }

    /**
     * The name of a closure as it is in its own file, when it is one that was compiled here: since PHP 8.4 names tell
     * what is around a closure.
     */
    public static function writtenName(string $name): string
    {
        if (preg_match(UnitSource::NAME, $name, $parts) !== 1) {
            return $name;
        }
        [$compiled, $file, $around, $line] = $parts;
        foreach (self::$units as $unit) {
            if ($unit->code->line === (int) $around && UnitSource::nameOf($unit->code->file) === $file) {
                return str_replace($compiled, $unit->code->function, $name);
            }
        }
        return str_replace($compiled, '{closure:' . UnitSource::fileOf($file) . ":$line}", $name);
    }

    /**
     * @param array<string, mixed> $statics
     * @param array<string, mixed> $captured gets them
     * @throws \ParseError
     */
    private static function unit(ClosureCode $code, array $statics, array &$captured): CompiledUnit
    {
        $names = array_keys($statics);
        $key = implode(' ', [$code->hash, ...$names]);
        if ($statics !== []) {
            $captured[StaticVariables::HOLDER] = $statics;
        }
        $unit = self::$units[$key] ?? null;
        return $unit === null || $unit->isForOne ? self::compile($key, $code, $names) : $unit;
    }

    private static function unitWithStatics(string $hash): ?CompiledUnit
    {
        foreach (self::$units as $unit) {
            if ($unit->code->hash === $hash) {
                return $unit;
            }
        }
        return null;
    }

    /**
     * @param list<string> $statics
     * @throws \ParseError
     */
    private static function compile(string $key, ClosureCode $code, array $statics): CompiledUnit
    {
        if (count(self::$units) >= self::MAX_UNITS) {
            unset(self::$units[array_key_first(self::$units)]);
        }
        return self::$units[$key] = new CompiledUnit($code, $statics);
    }
}
