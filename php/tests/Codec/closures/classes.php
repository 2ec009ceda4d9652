<?php

// Closures that are written in classes, traits, enums.

namespace Codec\Closures\Classes;

interface Named
{
    public const NAME = 'interface';
}

abstract class Model implements Named
{
    private string $secret = 'secret of Model';

    public static array $made = ['made'];

    public function __construct(protected int $id = 1)
    {
    }

    public function label(): string
    {
        return "model $this->id";
    }

    public static function create(): string
    {
        return static::class;
    }

    /** @return array<string, \Closure> */
    public function ofModel(): array
    {
        return [
            'private of the base' => fn() => $this->secret,
            'static of a method' => fn() => [static::class, self::class, static::NAME, self::create(), static::create()],
            'self of a method' => fn() => self::create(),
            'a method by self' => fn() => self::label(),
            'this within' => fn() => array_map(fn($x) => $x + $this->id, [1]),
            'this in a string' => fn() => "id {$this->id} $this->id",
            'this in a heredoc' => fn() => <<<X
                {$this->label()} $this->id
                X,
            'this by compact' => fn() => compact('this')['this']->id,
            'this by a variable' => function () { $n = 'this'; return $$n->id; },
            'this in braces' => fn() => ${'this'}->id,
            'static property' => fn() => [self::$made, static::$made],
            'new static' => fn() => get_class(new static(5)),
            'get_called_class' => fn() => get_called_class(),
            'magic constants' => fn() => [__CLASS__, __METHOD__, __FUNCTION__, __NAMESPACE__, __LINE__, (function ($x) { return [__CLASS__, __FUNCTION__]; })(1)],
        ];
    }

    /** @return array<string, \Closure> */
    public static function ofClass(): array
    {
        return [
            'static of a static method' => static fn() => [static::class, self::class, static::create(), self::create(), get_called_class()],
            'not static, of a static method' => fn() => [static::class, self::create(), isset($this)],
            'static within' => static fn() => (static fn($n) => [static::class, new static($n)])(3),
            'return static' => static fn(): static => new static(4),
            'called class in evaluated code' => static fn() => eval('return static::class;'),
            'called class passed on' => static fn() => [forward_static_call([self::class, 'create']), \array_map('get_called_class', [])],
            'by strings' => static fn() => [call_user_func([static::class, 'create'])],
        ];
    }
}

class Order extends Model
{
    use Traces;

    public const NAME = 'order';

    private int $total = 9;

    public function label(): string
    {
        return "order $this->id";
    }

    public static function create(): string
    {
        return 'order ' . parent::create();
    }

    /** @return array<string, \Closure> */
    public function ofOrder(): array
    {
        return [
            'parent of a method' => fn() => [parent::label(), parent::NAME, parent::create()],
            'parent within' => function () { return (fn($x = 1) => parent::label())(); },
            'the base by its name' => fn() => Model::label(),
            'private' => fn() => $this->total + (fn($x) => $this->total * $x)(2),
            'private of another' => fn(Order $o) => $o->total,
            'a static one needs nothing' => static fn() => [self::NAME, isset($this)],
            'callable of a method by parent::class' => fn() => array_map([parent::class, 'label'], []) + [call_user_func([parent::class, 'label'])],
            'callable of a static method by parent::class' => fn() => call_user_func([parent::class, 'create']),
            'callable of a method by self::class' => fn() => call_user_func(array(self::class, 'label')),
            'callable of a static method by self::class' => fn() => call_user_func([self::class, 'create']),
            'callable by a class of the base' => fn() => (fn($x) => call_user_func([Model::class, 'create']))(1),
            'callable strings' => fn() => [is_callable('parent::label'), call_user_func([$this, 'label'])],
            'types' => function (?self $x = null): ?static { return $x; },
            'anonymous class within' => fn() => (new class { private $id = 'own'; public function id() { return [$this->id, (fn($x) => $this->id)(1)]; } })->id(),
            'constants as defaults' => fn($x = self::NAME, $y = parent::NAME, $z = Model::NAME) => [$x, $y, $z],
        ];
    }

    public function __get(string $name): string
    {
        return "magic $name";
    }
}

trait Traces
{
    private string $mark = 'mark';

    /** @return array<string, \Closure> */
    public function ofTrait(): array
    {
        return [
            'magic constants of a trait' => fn() => [__CLASS__, __TRAIT__, __METHOD__, __FUNCTION__, (fn($x = __CLASS__) => $x)()],
            'this of a trait' => fn() => $this->mark,
            'self of a trait' => fn() => [self::class, static::class, self::NAME],
            'class within' => fn() => (new class { function m() { return [__FUNCTION__, __TRAIT__]; } })->m(),
        ];
    }

    /** @return array<string, \Closure> */
    public static function ofTraitStatically(): array
    {
        return ['static of a trait' => static fn() => [static::class, self::class, __CLASS__]];
    }
}

final class Special extends Order
{
}

enum Level: int
{
    case Low = 1;
    case High = 2;

    public const TOP = self::High;

    public function next(): \Closure
    {
        return fn() => [$this->name, self::TOP, self::from(1), __CLASS__, $this === self::Low];
    }

    public static function all(): \Closure
    {
        return static fn() => array_map(fn(self $l) => $l->name, self::cases());
    }
}

final class Invoked
{
    public function __invoke(): \Closure
    {
        return fn() => [$this::class, __METHOD__];
    }
}

function plain(): \Closure
{
    return fn() => [__FUNCTION__, __CLASS__, (fn($x) => __METHOD__)(1)];
}

$entries = ['in a function' => [plain()], 'in an enum' => [Level::Low->next()], 'static in an enum' => [Level::all()], 'in __invoke' => [(new Invoked())()]];
foreach ([new Order(2), new Special(3)] as $object) {
    foreach ([...$object->ofModel(), ...$object->ofOrder(), ...$object->ofTrait(), ...$object::ofClass(), ...$object::ofTraitStatically()] as $name => $closure) {
        $entries["$name, " . $object::class] = [$closure, ...str_starts_with($name, 'private of another') ? [$object] : []];
    }
}
$entries['rebound'] = [\Closure::bind(fn() => [$this->id, __CLASS__, static::class], new Order(7), Model::class)];
$entries['scope only'] = [\Closure::bind(static fn(Order $o) => $o->total, null, Order::class), new Order(8)];
$entries['without a scope'] = [\Closure::bind(fn() => isset($this), null, null)];
return $entries;
