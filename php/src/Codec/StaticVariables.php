<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use ReflectionFunction;
use Throwable;

/**
 * Static variables of a closure that have changed since it was declared. They go on where they were, as those of a
 * closure that PHP duplicates: where it is rebuilt, its code finds them in an array, since nothing can set them.
 *
 * @internal
 */
final class StaticVariables
{
    /** The variable that holds them, captured by reference. */
    public const HOLDER = '__parallite_statics';

    private function __construct()
    {
    }

    /** @return array<string, mixed> by name */
    public static function changed(ClosureCode $code, ReflectionFunction $function): array
    {
        $captured = $function->getClosureUsedVariables();
        $statics = isset($code->uses[self::HOLDER]) ? [] : $captured[self::HOLDER] ?? []; // the program's own variable
        try {
            $own = array_diff_key($function->getStaticVariables(), $captured);
            $none = array_fill_keys(array_keys($captured), null);
            $scope = $function->getClosureScopeClass()?->getName();
            $fresh = new ReflectionFunction(ClosureCompiler::make($code, $none, null, $scope));
            $initial = $fresh->getStaticVariables();
        } catch (Throwable) {
            return $statics; // what they begin with can't be evaluated here: nor has it been
        }
        foreach ($own as $name => $value) {
            // what is computed at the first call is null before
            if (!array_key_exists($name, $initial) || !self::isSame($value, $initial[$name])) {
                $statics[$name] = $value;
            }
        }
        return $statics;
    }

    private static function isSame(mixed $value, mixed $initial): bool
    {
        return is_object($value) ? $value == $initial && $value::class === get_debug_type($initial) : $value === $initial;
    }

    /**
     * What takes the place of a statement that declares some of them.
     *
     * @param array{int, int, array<string, array{int, int}>} $statement {@see ClosureFacts::$statics}
     * @param list<string> $names those that are held
     */
    public static function statement(string $source, array $statement, array $names): string
    {
        [$start, $end, $variables] = $statement;
        $code = '{';
        foreach ($variables as $name => [$from, $to]) {
            $code .= in_array($name, $names, true)
                ? " \$$name = &\$" . self::HOLDER . "['$name'];"
                : ' static ' . substr($source, $from, $to - $from) . ';';
        }
        $lines = substr_count($source, "\n", $start, $end - $start) - substr_count($code, "\n");
        return "$code }" . str_repeat("\n", $lines);
    }
}
