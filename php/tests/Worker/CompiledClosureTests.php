<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Tests\Support\Counter;
use B7s\Parallite\Tests\Support\Order;
use DateTimeImmutable;

/**
 * Code that is compiled once must make closures as new as those of the library: each of these runs more than once.
 */
trait CompiledClosureTests
{
    /** @return list<mixed> the results, or the replies of failures, of the same task sent three times */
    private static function thrice(\Closure $task, string $library): array
    {
        $results = [];
        for ($i = 0; $i < 3; $i++) {
            $reply = self::perform($task, $library);
            $results[] = $reply['result'] ?? $reply;
        }
        return $results;
    }

    /** @return array<string, array{string}> */
    public static function libraries(): array
    {
        return ['laravel' => ['laravel'], 'opis' => ['opis']];
    }

    /** @dataProvider libraries */
    public function testStaticVariablesStartAfresh(string $library): void
    {
        $task = static function (): array {
            static $calls = 0, $list = [];
            $inner = static function (): int {
                static $n = 10;
                return ++$n;
            };
            $list[] = ++$calls;
            $inner();
            return [$calls, $list, $inner()];
        };
        self::assertSame([[1, [1], 12], [1, [1], 12], [1, [1], 12]], self::thrice($task, $library));
    }

    /** @dataProvider libraries */
    public function testCapturedVariablesAreThoseOfTheTask(string $library): void
    {
        foreach ([1, 2] as $start) {
            $counter = $start;
            $alias = &$counter;
            $value = ['a' => $start];
            $task = static function () use (&$counter, &$alias, $value): array {
                $counter += 10;
                $value['a']++;
                $nested = function () use (&$counter): void {
                    $counter++;
                };
                $nested();
                return [$counter, $alias, $value];
            };
            $expected = [$start + 11, $start + 11, ['a' => $start + 1]];
            self::assertSame([$expected, $expected, $expected], self::thrice($task, $library));
        }
    }

    public function testCapturedObjectsMayHaveReadonlyProperties(): void
    {
        $order = new Order(7, new DateTimeImmutable('@0'));
        $both = [$order, $order];
        $task = static fn(): array => [$order->id, $order === $both[0], $both[0] === $both[1]];

        self::assertSame(array_fill(0, 3, [7, true, true]), self::thrice($task, 'laravel'));
    }

    /** @dataProvider libraries */
    public function testTheObjectOfAClosureIsBoundAnew(string $library): void
    {
        foreach ([5, 6] as $start) {
            $counter = new Counter($start);
            $reply = self::thrice($counter->task(), $library);
            self::assertSame(array_fill(0, 3, [$start + 1, Counter::class, 'secret']), $reply);
        }
    }

    /** @dataProvider libraries */
    public function testTheSameCodeInAnotherClassSeesThatClass(string $library): void
    {
        $task = static fn(): string => self::class;
        $payload = self::payload($task, $library);
        $class = WorkerContract::class;
        $other = SocketWorkerTest::class;
        $moved = str_replace(
            sprintf('s:%d:"%s"', strlen($class), $class),
            sprintf('s:%d:"%s"', strlen($other), $other),
            $payload,
        );
        if ($library === 'laravel') {
            self::assertNotSame($payload, $moved);
            self::assertSame($class, self::ask(['payload' => $payload])['result']);
            self::assertSame($other, self::ask(['payload' => $moved])['result']);
        }
        self::assertSame($class, self::ask(['payload' => $payload])['result']);
    }

    /** @dataProvider libraries */
    public function testClosuresThatCapturedClosures(string $library): void
    {
        $double = static fn(int $x): int => 2 * $x;
        $factorial = static function (int $n) use (&$factorial): int {
            return $n < 2 ? 1 : $n * $factorial($n - 1);
        };
        $task = static fn(): array => [$double(4), $factorial(5)];

        self::assertSame(array_fill(0, 3, [8, 120]), self::thrice($task, $library));
    }

    /** @dataProvider libraries */
    public function testAnonymousClassesStartAfresh(string $library): void
    {
        $task = static function (): int {
            $object = new class () {
                public static int $made = 0;
            };
            return ++$object::$made;
        };

        self::assertSame([1, 1, 1], self::thrice($task, $library));
    }

    /** @dataProvider libraries */
    public function testGeneratorsExceptionsAndArrowFunctions(string $library): void
    {
        $limit = 3;
        $task = static function () use ($limit): array {
            $numbers = (static function () use ($limit): \Generator {
                for ($i = 0; $i < $limit; $i++) {
                    yield $i;
                }
            })();
            return array_map(fn(int $n): int => $n * $limit, iterator_to_array($numbers));
        };
        self::assertSame(array_fill(0, 3, [0, 3, 6]), self::thrice($task, $library));

        $throw = static function (): void {
            $unused = 1;
            throw new \LogicException('second line');
        };
        foreach (self::thrice($throw, $library) as $reply) {
            self::assertSame(['{closure}', 3], [$reply['file'], $reply['line']]);
        }
    }

    public function testAKeyThatATaskSetsIsNotForTheNextOne(): void
    {
        $constant = static fn(): int => 42;
        foreach ([1, 2] as $_) {
            self::assertSame(42, self::perform($constant)['result']);
        }
        self::perform(static fn() => \Laravel\SerializableClosure\SerializableClosure::setSecretKey('key'));
        self::assertSame(42, self::perform($constant)['result']);
    }

    public function testAFreshClosureDoesNotKeepMemory(): void
    {
        $big = str_repeat('x', 30_000);
        $task = static fn(): int => memory_get_usage() + 0 * strlen($big);
        $before = self::thrice($task, 'laravel')[2];
        for ($i = 0; $i < 500; $i++) {
            $after = self::perform($task)['result'];
        }
        self::assertLessThan(50_000, $after - $before);
    }

    public function testManyDifferentClosures(): void
    {
        $payload = self::payload(static fn(): int => 1_000_000, 'laravel');
        for ($round = 0; $round < 2; $round++) {
            for ($i = 0; $i < 300; $i++) {
                $other = str_replace('1_000_000', (string) (1_000_000 + $i) . '  ', $payload);
                self::assertSame(1_000_000 + $i, self::ask(['payload' => $other])['result']);
            }
        }
    }

    public function testAPayloadOnlyInTheFormOfAClosure(): void
    {
        $payload = self::payload(static fn(): int => 1, 'laravel');
        $broken = [
            str_replace('"function"', '"funktion"', $payload),
            substr($payload, 0, -20),
            str_replace('s:3:"use";a:0:{}', 's:3:"use";i:5;', $payload),
        ];
        foreach ($broken as $bad) {
            self::assertSame('INVALID_PAYLOAD', self::ask(['payload' => $bad])['error_code']);
        }
        self::assertSame(1, self::ask(['payload' => $payload])['result']);
    }
}
