<?php

// What names mean. Each entry gives a closure, and what it is called with.

declare(strict_types=1);

namespace Codec\Closures\Names;

use ArrayObject as Items;
use B7s\Parallite\Tests\Codec;
use B7s\Parallite\Tests\Codec\{Point, Suit as Color};
use Countable;

use function strrev as backwards, strtoupper;
use function B7s\Parallite\Tests\Codec\{twice};

use const M_PI as PI;
use const PHP_INT_SIZE;

const M_E = 'ours';
const OWN = 'own';

function strlen(string $text): string
{
    return "ours of $text";
}

class DateTime
{
    public string $items = 'a property';
    public const PI = 'a constant of a class';
    public const Items = 'Items';

    public static function backwards(string $x = ''): string
    {
        return "a method $x";
    }

    public function twice(int $x = 0, int $PI = 0): array
    {
        return [$x, $PI];
    }
}

return [
    'classes' => [fn() => [Items::class, new Items([1]), Point::class, Codec\Box::class, namespace\DateTime::class, DateTime::class]],
    'the global class of the same name' => [static fn() => \get_class(new \DateTime('@0')) . \get_class(new DateTime())],
    'functions' => [fn(string $s) => [backwards($s), strtoupper($s), twice(4), strlen($s), \strlen($s), namespace\strlen($s), ucfirst($s)], 'abc'],
    'constants' => [fn() => [PI, M_E, \M_E, OWN, namespace\OWN, PHP_INT_SIZE, PHP_EOL, M_PI]],
    'constants as defaults' => [fn($x = M_E, $y = [OWN => PI], $z = new Items([OWN])) => [$x, $y, $z]],
    'a constant as a case' => [function (mixed $x): string {
        switch ($x) {
            case M_E: return 'ours';
            case PI: return 'pi';
            case Color::Hearts: return 'hearts';
            default: return 'none';
        }
    }, 'ours'],
    'a constant in a match' => [fn($x) => match (true) { $x === PI => 'PI', $x === M_E, false => 'M_E', default => OWN }, M_PI],
    'a constant in a ternary' => [fn(bool $x) => $x ? M_E : PI, true],
    'a label that is a constant' => [function (): string {
        $n = 0;
        PI:
        if ($n++ < 3) {
            goto PI;
        }
        return "$n " . OWN;
    }],
    'members that are called like imports' => [function (): array {
        $object = new DateTime();
        return [$object->items, DateTime::PI, DateTime::Items, DateTime::backwards('x'), $object?->twice(x: 2, PI: 3), $object::PI];
    }],
    'arguments that are called like imports' => [fn() => (new DateTime())->twice(PI: 7)],
    'keys and strings' => [fn() => ['PI' => "Items {$GLOBALS['argc']}", OWN => 1]],
    'type declarations' => [fn(Items|Countable|null $x, Codec\Point ...$points): ?Items => $x, new Items([3])],
    'types of what is caught' => [function (): string {
        try {
            throw new \DomainException('x');
        } catch (Items|Countable|\LogicException $e) {
            return $e::class;
        }
    }],
    'instanceof' => [fn($x) => [$x instanceof Items, $x instanceof namespace\DateTime, $x instanceof Countable], new Items()],
    'enums' => [fn() => [Color::Hearts, Color::from('H')->name, Color::cases()]],
    'attributes of itself' => [#[Codec\Mark(Color::Hearts, PI)] static fn() => array_map(
        fn($a) => [$a->getName(), $a->getArguments()],
        (new \ReflectionFunction((fn() => 1)))->getAttributes(),
    )],
    'attributes within' => [fn() => array_map(
        fn($a) => [$a->getName(), $a->getArguments()],
        (new \ReflectionFunction(#[Codec\Mark(PI)] fn() => 1))->getAttributes(),
    )],
    'anonymous classes' => [fn() => (new class (5) extends DateTime implements Countable {
        use Codec\Counts;

        public const PI = PI;

        public function __construct(public readonly int $n, private array $own = [OWN])
        {
        }

        public function items(): array
        {
            return [self::PI, static::backwards(), parent::PI, $this->own, $this->n, count($this)];
        }
    })->items()],
    'first-class callables' => [fn() => [backwards(...)('ab'), DateTime::backwards(...)('z'), (new DateTime())->twice(...)(1, 2), strlen(...)('q')]],
    'strict types' => [function (): string {
        try {
            return \strlen(12) . ' weak';
        } catch (\TypeError) {
            return 'strict';
        }
    }],
    'names in interpolation' => [fn() => "{${\strtolower('OWN')}}" . @"$undefined", ],
    'static properties' => [fn() => Codec\Registry::$items],
    'names in static variables' => [function () {
        static $x = PI, $y = [OWN => M_E];
        return [$x, $y];
    }],
    'nullsafe chains' => [fn(?Items $x) => $x?->getArrayCopy()[0]?->format('Y'), new Items([new \DateTimeImmutable('2020-01-01')])],
    'a callable by its name' => [fn() => array_map('strtoupper', ['a'])],
    'compact and extract' => [function (int $n) {
        $PI = 3;
        extract(['q' => 4]);
        return compact('n', 'PI', 'q');
    }, 2],
];
