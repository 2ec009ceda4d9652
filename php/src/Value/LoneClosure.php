<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use B7s\Parallite\Codec\ClosureCode;
use B7s\Parallite\Codec\ClosureCompiler;
use Closure;
use UnexpectedValueException;

/**
 * A closure that travels alone, as most tasks do, and needs no {@see Graph}: what it captured is what `serialize()` makes
 * of it. Two blobs: the code with scope and called class, which are the same for many closures, and are looked at once;
 * and the captured values, with the object as `this`, and the static variables.
 *
 * @internal
 */
final class LoneClosure
{
    private const MAX_KEPT = 1_024;

    /** Bytes of code, and of the payload of what captured nothing, beyond which they are not kept. */
    private const MAX_LENGTH = 65_536;
    private const MAX_CONSTANT = 4_096;

    /** @var array<string, array{ClosureCode, ?string, ?string}> code, scope and called class by their blob, oldest first */
    private static array $heads = [];

    /** @var array<string, array{ClosureCode, ?string, ?string}> the same of what captured nothing, by payload */
    private static array $constants = [];

    private function __construct()
    {
    }

    /**
     * @param string $prefix to put before it
     * @return ?string null where what it captured needs more than `serialize()`
     */
    public static function write(FoundClosure $found, string $prefix = ''): ?string
    {
        $values = '';
        if ($found->captured !== [] || $found->statics !== []) {
            foreach ($found->captured as $value) {
                if ($value instanceof Closure) {
                    return null;
                }
            }
            $values = Survey::serialize([$found->captured, $found->statics], true);
            if ($values === null) {
                return null;
            }
        }
        $head = serialize([$found->code?->toArray(), $found->scope, $found->called]);
        $length = strlen($head);
        return "$prefix$length:$head$values"; // at once: values may be large
    }

    /**
     * The closure of a payload that was read before, if it captured nothing.
     *
     * @return ?array{Closure, null} as a task without arguments
     */
    public static function again(string $payload): ?array
    {
        if (strlen($payload) > self::MAX_CONSTANT || !isset(self::$constants[$payload])) {
            return null;
        }
        [$code, $scope, $called] = self::$constants[$payload];
        $captured = [];
        return [ClosureCompiler::make($code, $captured, null, $scope, $called), null];
    }

    /**
     * @param string $payload as {@see again()} will get it
     * @throws UnknownClass
     * @throws UnexpectedValueException when it is damaged
     * @throws \Throwable when it can't be rebuilt here, for whatever reason
     */
    public static function read(string $blob, string $payload): Closure
    {
        $at = strcspn($blob, ':') + 1;
        $length = (int) $blob;
        $head = substr($blob, $at, $length);
        [$code, $scope, $called] = self::$heads[$head] ?? self::head($head);
        if (strlen($blob) === $at + $length) {
            if (strlen($payload) <= self::MAX_CONSTANT) {
                self::keep(self::$constants, $payload, [$code, $scope, $called]);
            }
            $captured = [];
            return ClosureCompiler::make($code, $captured, null, $scope, $called);
        }
        $values = Deserializer::deserialize(substr($blob, $at + $length));
        if (!is_array($values) || !isset($values[0], $values[1]) || !is_array($values[0]) || !is_array($values[1])) {
            throw new UnexpectedValueException('the captured values are damaged');
        }
        $object = $values[0]['this'] ?? null;
        unset($values[0]['this']);
        return ClosureCompiler::make($code, $values[0], $object, $scope, $called, $values[1]);
    }

    /** @return array{ClosureCode, ?string, ?string} */
    private static function head(string $blob): array
    {
        $parts = @unserialize($blob, ['allowed_classes' => false]);
        if (!is_array($parts) || !isset($parts[0]) || !is_array($parts[0]) || count($parts) !== 3) {
            throw new UnexpectedValueException('the code of the closure is damaged');
        }
        $head = [ClosureCode::fromArray($parts[0]), $parts[1], $parts[2]];
        if (strlen($blob) <= self::MAX_LENGTH) {
            self::keep(self::$heads, $blob, $head);
        }
        return $head;
    }

    /**
     * @param array<string, array{ClosureCode, ?string, ?string}> $kept
     * @param array{ClosureCode, ?string, ?string} $head
     */
    private static function keep(array &$kept, string $key, array $head): void
    {
        if (count($kept) >= self::MAX_KEPT) {
            unset($kept[array_key_first($kept)]);
        }
        $kept[$key] = $head;
    }
}
