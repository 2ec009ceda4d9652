<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\CallSite;
use B7s\Parallite\Codec\ClosureCode;
use B7s\Parallite\Codec\ClosureCompiler;
use Closure;
use ReflectionFunction;

enum Suit: string
{
    case Hearts = 'H';
}

final class Point
{
    public function __construct(public int $x, public ?Point $next)
    {
    }
}

final class Lone
{
    public function free(): Closure
    {
        return fn(): int => array_sum(array_map(static function (int $n): int {
            static $calls = 0;
            return $calls++ + $n;
        }, [20, 21]));
    }

    /** @return array<string, Closure> */
    public function bound(): array
    {
        return [
            'self' => static fn(): string => self::class,
            'parameter' => static fn(self $lone): int => 1,
            'result' => static fn(): ?static => null,
            'constant' => static fn(): string => __CLASS__,
            'within' => static fn(): Closure => static fn(): string => self::class,
            'text' => static fn(): mixed => constant('self::X'),
            'included' => static fn(): mixed => include 'x.php',
            'of a subclass' => (new class () extends \ArrayObject {
                public function inherited(): Closure
                {
                    return static fn(): int => 1;
                }
            })->inherited(),
        ];
    }
}

final class Box
{
    /** @var array<int, mixed> */
    public array $files = [];

    public function __construct(private readonly string $label, public mixed $stream = null)
    {
    }

    public function usesThis(): Closure
    {
        return fn(): string => "secret of $this->label";
    }

    public function usesThisWithin(): Closure
    {
        return function (): Closure {
            return function (): string {
                return "secret of $this->label";
            };
        };
    }

    public function usesNothing(): Closure
    {
        return fn(): string => 'nothing';
    }

    public function usesScope(): Closure
    {
        return fn(): string => self::class;
    }

    public function method(int $x): string
    {
        return "$this->label $x";
    }

    public static function make(string $label): string
    {
        return "made $label";
    }
}

final class Noisy
{
    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        trigger_error('serialized', E_USER_WARNING);
        return [];
    }

    /** @param array<string, mixed> $data */
    public function __unserialize(array $data): void
    {
    }
}

#[\Attribute]
final class Mark
{
    public function __construct(mixed ...$of)
    {
    }
}

final class Registry
{
    public static array $items = [1];
}

trait Counts
{
    public function count(): int
    {
        return 77;
    }
}

function twice(int $x): int
{
    return 2 * $x;
}

class Base
{
    public static function task(): Closure
    {
        return static fn(): array => [static::class, self::class, self::called()];
    }

    public static function plain(): Closure
    {
        return static fn(): int => strlen('static');
    }

    public function withoutThis(): Closure
    {
        return fn(): array => [self::called(), static::class, (function (): string {
            return static::called();
        })()];
    }

    public function withThis(): Closure
    {
        return fn(): array => [self::called(), static::own()];
    }

    public function own(): string
    {
        return 'own';
    }

    public static function called(): string
    {
        return static::class;
    }
}

class Child extends Base
{
}

final class ChildWithDestructor extends Base
{
    public static int $destroyed = 0;

    public function __destruct()
    {
        self::$destroyed++;
    }
}

/** What hands closures over, as a client does. */
final class Caller
{
    public function call(mixed $task, mixed $x = null): mixed
    {
        $code = ClosureCode::of(new ReflectionFunction($task instanceof Closure ? $task : $x), CallSite::task('call'));
        $captured = (new ReflectionFunction($task instanceof Closure ? $task : $x))->getClosureUsedVariables();
        return ClosureCompiler::make($code, $captured)();
    }

    public function first(Closure ...$closures): Closure
    {
        return end($closures) ?: $closures[0];
    }
}
