<?php

// Shapes of code, without a namespace and without strict types.

use B7s\Parallite\Tests\Codec\Point;

$one = 1;
$list = ['a' => [1, 2]];
$object = new Point(4, null);
$count = 10;
$name = 'one';

return [
    'nothing captured' => [fn() => 42],
    'an arrow function that captures' => [fn($x) => [$one, $list['a'][0] ?? null, $object->x, $x], 5],
    'a function that captures' => [function ($x) use ($one, $list) { return [$one, $list, $x]; }, 5],
    'a function that captures by reference' => [function () use (&$count) { return [++$count, --$count]; }],
    'variadic and named' => [fn(int $a, int ...$rest) => [$a, $rest], 1, 2, 3],
    'by reference in and out' => [function &(array &$x) { $x[] = 1; return $x; }, []],
    'default values' => [fn($x = 5, $y = ['k' => [1, -2]], $z = PHP_INT_MAX, ?Point $p = new Point(1, null), $c = Point::class) => [$x, $y, $z, $p, $c]],
    'a generator' => [function () { $x = yield 1; yield from [2, 3]; return $x; }],
    'an arrow generator' => [fn() => yield 5],
    'curried' => [fn($a) => fn($b) => fn() => [$a, $b, $one]],
    'curried with types' => [fn(): Closure => static fn(?int $x = null): ?int => $x ? $x : 7],
    'ternaries within' => [fn($x) => $x ? fn() => 'yes' : fn() => 'no', false],
    'nested ternaries' => [fn($x) => $x > 1 ? ($x > 2 ? 'c' : 'b') : ($x ?: 'a'), 2],
    'an arrow function in a ternary' => [$one ? fn() => 'first' : null],
    'an arrow function in an array in a ternary' => [($one > 5 ? [fn() => 1] : [fn($y) => "second $y"])[0], 3],
    'an arrow function in a match' => [match (true) { $one === 1 => fn($x, $y = 1) => "one $x", default => fn($z) => 'other' }, 1],
    'match within' => [fn($x) => match ($x) { 1, 2 => 'few', default => (fn() => 'many')() }, 3],
    'heredoc' => [fn($x) => <<<TEXT
        x is $x, {$object->x} and {$list['a'][1]} ${name}
          indented ) ] } , ;
        TEXT, 5],
    'nowdoc' => [function () { return <<<'TEXT'
    no $x, { ( [
    TEXT; }],
    'strings with brackets' => [fn($x) => "( $x, [ { \$y } ; ' " . '} ] )' . "$x[0]) ?: {$x[0]}:", ['q']],
    'comments' => [fn(/* a ) */ $x /* , */) => /* => } */ $x // ) , ; ?
        + 1, 3],
    'casts and operators' => [fn($x) => !(bool) $x <=> -$x ** 2 . "{$x}" % 3 ?? [...[1], ...['k' => 2]], 5],
    'list and destructuring' => [function (array $x) { ['a' => [$p, $q]] = $x; [$p, $q] = [$q, $p]; return [$p, $q]; }, $list],
    'nested function' => [function () {
        if (!function_exists('codecNestedFunction')) {
            function codecNestedFunction($x) { return fn() => [__FUNCTION__ === '' ? 0 : 1, $x]; }
        }
        return codecNestedFunction(3)();
    }],
    'nested class' => [function () {
        if (!class_exists('CodecNestedClass', false)) {
            class CodecNestedClass { const A = 1; public static function make(): static { return new static(); } function m() { return [static::class, __CLASS__, __METHOD__, $this::A]; } }
        }
        return CodecNestedClass::make()->m();
    }],
    'anonymous class' => [fn() => (new class ($one) { public function __construct(private int $n) {} public function n() { return (fn() => $this->n)(); } })->n()],
    'goto' => [function () { $i = 0; again: $i++; if ($i < 4) { goto again; } return $i; }],
    'try and finally' => [function () { try { throw new RuntimeException('x', 3); } catch (RuntimeException $e) { return [$e->getCode(), $e->getLine()]; } finally { $one = 2; } }],
    'alternative syntax' => [function ($x) { if ($x): foreach ([1, 2] as $v): $s = ($s ?? 0) + $v; endforeach; else: $s = 0; endif; switch ($x): case 1: $s++; endswitch; return $s; }, 1],
    'html' => [function ($x) { ob_start(); ?>
<p class="a"><?= $x, (fn($y) => $y ? '!' : '?')(1) ?></p>
<?php if ($x): ?>{ ( [<?php endif; return ob_get_clean(); }, 'text'],
    'weak types' => [fn(int $x) => $x, '12'],
    'static variables' => [function () { static $n = 5, $m = [1, 2]; return [$n, $m]; }],
    'references within' => [function () { $a = [1, 2]; foreach ($a as &$v) { $v++; } unset($v); $f = function () use (&$a) { $a[] = 9; }; $f(); return $a; }],
    'recursion by reference' => [(function () { $f = function ($n) use (&$f) { return $n < 2 ? 1 : $n * $f($n - 1); }; return $f; })(), 5],
    'a key that is yielded' => [(function () { yield fn($x) => $x ? 'k' : 'z' => 2; })()->key(), 1],
    'a key that it yields' => [fn() => iterator_to_array((fn() => yield 'k' => 'v')())],
    'throw as an expression' => [fn($x) => $x ?? throw new LogicException('none'), 1],
    'attributes with arguments' => [#[Foo('a) ]', [1, 2])] #[Bar] fn(#[Baz(1)] $x) => count((new ReflectionFunction(#[Foo] #[Bar] fn() => 1))->getAttributes()), 1],
    'keywords as names' => [fn() => [(new class { const FN = 1; const CLASS_ = 2; function fn($x = 1) { return $x; } function function() { return 'f'; } static function list() { return 'l'; } function class($x) { return $x; } })->fn(7), Point::class]],
    'keywords as arguments' => [fn() => (fn(...$x) => $x)(fn: 1, function: 2, class: 3, static: 4)],
    'variables of variables' => [function () { $name = 'value'; $value = 3; return [$$name, ${'va' . 'lue'}]; }],
    'a variable in braces' => [fn() => ${'one'}],
    'a variable in braces whose name is put together' => [fn() => ${'o' . 'ne'} + $count],
    'a variable in braces in a string' => [fn() => "one {${'one'}}"],
    'a variable in braces by a heredoc' => [fn() => ${<<<'NAME'
        one
        NAME}],
    'a variable in braces within' => [fn() => (fn($x) => ${'one'} + ${'x'})(2)],
    'another variable in the same line' => [[fn() => ${'one'}, fn() => $count][1]],
    'by name in a string' => [fn() => compact('one') ?: $one],
    'spread' => [fn(...$x) => [...$x, ...[3, 4]], 1, 2],
    'pipe of closures' => [fn($x) => array_reduce([fn($v) => $v + 1, fn($v) => $v * 2, function ($v) { return $v - 3; }], fn($c, $f) => $f($c), $x), 5],
    'first of several of a line' => [[fn($a) => "1 $a", fn($b) => "2 $b", fn() => 3][0], 'x'],
    'second of several of a line' => [[fn($a) => "1 $a", fn($b) => "2 $b", fn() => 3][1], 'x'],
    'third of several of a line' => [[fn($a) => "1 $a", fn($b) => "2 $b", fn() => 3][2]],
    'told by static' => [[fn() => 1, static fn() => 2][1]],
    'told by a type' => [[fn(int $x) => 'int', fn(string $x) => 'string', fn(array|int $x) => 'list'][1], 'x'],
    'told by the type of the result' => [[fn(): int => 1, fn(): string => 'string'][1]],
    'told by a default' => [[fn($x = 1) => "one $x", fn($x = 2) => "two $x", fn($x = 'a') => "a $x", fn($x) => 'none'][2]],
    'told by what is captured' => [[fn() => $one, fn() => $list][1]],
    'told by the way of capturing' => [[function () use ($one) { return 'value'; }, function () use (&$one) { return 'reference'; }][1]],
    'told by a static variable' => [[function () { static $a; return 'a'; }, function () { static $b; return 'b'; }][1]],
    'told by being a generator' => [[function () { return 1; }, function () { yield 2; }][1]],
    'told by a reference' => [[fn($x) => 'value', fn&($x) => $x, fn(&$x) => 'reference'][0], 1],
    'told by a doc comment' => [[/** one */ fn() => 1, /** two */ fn() => 2][1]],
    'of the same code' => [[fn() => 7, fn() => 7][1]],
    'in a string' => ["{${(($GLOBALS['codecInString'] = fn() => 'within') ? 'name' : '')}}" ? $GLOBALS['codecInString'] : null],
    'magic constants' => [fn() => [__LINE__, __FILE__, __DIR__, __FUNCTION__, __METHOD__, __CLASS__, __NAMESPACE__, __TRAIT__, (fn($x) => [__FUNCTION__, __LINE__])(1)]],
    'the file in a default' => [fn($x = __FILE__ . __LINE__, $y = __DIR__) => [$x, $y]],
    'include' => [fn() => [include 'includes/part.php', @include 'includes/missing.php', (include __DIR__ . '/includes/part.php')]],
];
