<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\CallSite;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\TaskPayload;
use B7s\Parallite\Testing\FakeClient;
use B7s\Parallite\Value\Refusal;
use B7s\Parallite\Wire\PhpValue;
use B7s\Parallite\Worker\PayloadDecoder;
use Closure;
use PHPUnit\Framework\TestCase;

require_once __DIR__ . '/fixtures.php';

/**
 * Closures of one line, told apart by the keys of the array in which they are written.
 */
final class CallSiteTest extends TestCase
{
    private const KEY = 1;

    /**
     * What a client does, but for the way to a worker and back.
     *
     * @param array<array-key, mixed> $tasks
     * @return array<array-key, mixed>
     */
    private function all(array $tasks): array
    {
        $entry = CallSite::arrayPassedTo('all');
        $results = [];
        foreach ($tasks as $key => $task) {
            $hint = static fn(): ?string => $entry($key);
            $payload = (new TaskPayload())->of($task, [], $hint);
            $results[$key] = (new PayloadDecoder())->decode($payload)[0]();
        }
        return $results;
    }

    public function testTheKeysTellWhichIsWhich(): void
    {
        self::assertSame(['u' => 'a', 'p' => 'b'], $this->all(['u' => fn() => 'a', 'p' => fn() => 'b']));
        self::assertSame([3 => 'a', 4 => 'b'], $this->all([3 => static fn() => 'a', static fn() => 'b',]));
        self::assertSame(['a', 'b', 1], $this->all([fn() => 'a', function () { return 'b'; }, fn() => max(0, [1][0])]));
        self::assertSame(['a', M_PI, 'b'], $this->all([fn() => 'a', 'pi', fn() => /* not "a" */ 'b']));
        self::assertSame(['c', 'd'], $this->all(tasks: [
            fn() => 'c', fn() => 'd',
        ]) ?: []);
    }

    /** @return iterable<string, array{Closure(self): mixed}> */
    public static function ambiguous(): iterable
    {
        yield 'an array that was made before' => [static function (self $test): mixed {
            $tasks = [static fn() => 'a', static fn() => 'b'];
            return $test->all(array_reverse($tasks));
        }];
        yield 'keys that are computed' => [static function (self $test): mixed {
            $key = 'x';
            return $test->all([$key => static fn() => 'a', "{$key}y" => static fn() => 'b']);
        }];
        yield 'keys that are octal' => [static function (self $test): mixed {
            return $test->all([8 => static fn() => 'a', 010 => static fn() => 'b', 10 => static fn() => 'c']);
        }];
        yield 'keys of the class' => [static function (self $test): mixed {
            return $test->all([static::KEY => static fn() => 'a', static fn() => 'b', 2 => static fn() => 'c']);
        }];
        yield 'a list that is unpacked' => [static function (self $test): mixed {
            return $test->all([...[static fn() => 'a'], static fn() => 'b']);
        }];
        yield 'an element of the array' => [static function (self $test): mixed {
            $list = [static fn() => 'b']; return $test->all([static fn() => 'a', $list][1]);
        }];
        yield 'two such calls in a line' => [static function (self $test): mixed {
            return [$test->all([static fn() => 'a']), $test->all([static fn() => 'b'])];
        }];
    }

    /**
     * @dataProvider ambiguous
     * @param Closure(self): mixed $call
     */
    public function testNothingIsGuessed(Closure $call): void
    {
        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessageMatches('/[23] closures begin in line/');
        $call($this);
    }

    public function testNothingIsGuessedOfClosuresInObjectsThatAreArguments(): void
    {
        [$a, $b] = [static fn() => 'a', static fn() => 'b'];

        self::assertNotSame($a, $b);
        $this->expectException(Refusal::class);
        $this->expectExceptionMessage('2 closures begin in line');
        PhpValue::encode([new Box('label', [$b])]);
    }

    private static function seen(Caller $caller, string $code): mixed
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite');
        file_put_contents($file, "<?php return static function (\$c) { \n$code\n };");
        try {
            return (include $file)($caller);
        } finally {
            unlink($file);
        }
    }

    /** @return iterable<string, array{string, mixed}> */
    public function calls(): iterable
    {
        yield 'the only closure of a call' => ['return $c->call(fn() => (fn() => "inner")());', 'inner'];
        yield 'another one besides' => ['$f = fn() => 1; return [$c->call(fn() => 2), $f()];', [2, 1]];
        yield 'a call of its result' => ['$f = fn() => 1; return [$c->call(fn() => fn($x) => $x)(2), $f()];', [2, 1]];
        yield 'a callable within' => ['$f = fn() => 1; return [$c->call(fn() => array_map(fn($x) => $f($x), [2])[0]), 3];', [1, 3]];
        yield 'by the name of the argument' => ['$f = fn() => 1; return [$c->call(task: fn() => 2, x: [1, 2]), $f()];', [2, 1]];
        yield 'an argument that calls, too' => ['return $c->call(fn() => $c->call(static fn() => 3));', 3];
        yield 'the second argument' => ['$f = fn() => 1; return [$c->call([1], fn() => 5), $f()];', [5, 1]];
        yield 'with what looks like the end of it' => ['$f = fn($x = 1) => 1; return $c->call(fn($x = 1) => $x ? [")", $x ?: 2][1] : 0);', 1];
    }

    /** @dataProvider calls */
    public function testTheArgumentIsTheOne(string $code, mixed $expected): void
    {
        self::assertSame($expected, self::seen(new Caller(), $code));
    }

    /** @return iterable<string, array{string}> */
    public function ambiguousCalls(): iterable
    {
        yield 'a ternary' => ['return $c->call(rand(1, 1) ? fn() => 1 : fn() => 2);'];
        yield 'a variable' => ['$f = fn() => 1; $g = fn() => 2; return $c->call($g);'];
        yield 'two calls' => ['return [$c->call(fn() => 1), $c->call(fn() => 2)];'];
        yield 'a method by a variable' => ['$f = fn() => 1; $m = "call"; return [$c->$m($f), $c->call(fn() => 2)];'];
        yield 'a method by an expression' => ['$f = fn() => 1; return [$c->{"ca" . "ll"}($f), $c->call(fn() => 2)];'];
        yield 'a callable' => ['$f = fn() => 1; $m = [$c, "call"]; return [$m($f), $c->call(fn() => 2)];'];
        yield 'a callable in place' => ['$f = fn() => 1; return [[$c, "call"]($f), $c->call(fn() => 2)];'];
        yield 'a callable in parentheses' => ['$f = fn() => 1; return [($c->call(...))($f), $c->call(fn() => 2)];'];
        yield 'a function that calls' => ['$f = fn() => 1; return [call_user_func([$c, "call"], $f), $c->call(fn() => 2)];'];
        yield 'two arguments' => ['return $c->call(fn() => 1, fn() => 2);'];
        yield 'what is captured' => ['$f = fn() => 1; $g = fn() => 2; return $c->call($c->first(fn() => 3, $g));'];
    }

    /** @dataProvider ambiguousCalls */
    public function testWhatIsNoArgumentStaysAmbiguous(string $code): void
    {
        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessage('can\'t be told');
        self::seen(new Caller(), $code);
    }

    public function testTheCallIsTheFirstFromOutside(): void
    {
        $client = new FakeClient();

        self::assertSame([1, 2], [$client->run(fn() => [1, fn() => 2][0]), $client->submit(fn() => 2, name: 'x')->await()]);
    }
}
