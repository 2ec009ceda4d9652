<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use ArrayObject;
use B7s\Parallite\Client;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Exception\RemoteException;
use B7s\Parallite\Exception\ResultNotSerializable;
use B7s\Parallite\Reports;
use B7s\Parallite\Shared;
use B7s\Parallite\TaskPayload;
use B7s\Parallite\Tests\Support\MiniDaemon;
use B7s\Parallite\ValueReader;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * Values on their way to workers and back, with real workers under a daemon in miniature.
 */
final class ValuesOfTasksTest extends TestCase
{
    private static ?MiniDaemon $daemon = null;

    public static function setUpBeforeClass(): void
    {
        self::$daemon = new MiniDaemon(2);
    }

    public static function tearDownAfterClass(): void
    {
        self::$daemon?->stop();
    }

    /** @param ?list<class-string> $allowedClasses */
    private static function client(?array $allowedClasses = null): Client
    {
        return new Client(self::$daemon?->socket, allowedClasses: $allowedClasses);
    }

    public function testWhatCapturesAndArgumentsShareIsSharedInTheWorker(): void
    {
        $list = new ArrayObject();
        $add = Closure::bind(static fn(int $n) => $list[] = $n, null, null);
        $task = Closure::bind(static function (Closure $add, ArrayObject $same) use ($list): array {
            $add(7);
            return [$list->getArrayCopy(), $same === $list];
        }, null, null);

        self::assertSame([[7], true], self::client()->run($task, [$add, $list]));
        self::assertCount(0, $list);
    }

    public function testResultsShareToo(): void
    {
        $task = Closure::bind(static function (): array {
            $list = new ArrayObject();
            return [$list, static function () use ($list): int {
                $list[] = 'x';
                return count($list);
            }];
        }, null, null);

        [$list, $add] = self::client()->run($task);
        self::assertSame([1, 2], [$add(), $add()]);
        self::assertCount(2, $list);
    }

    public function testClassesOfResultsCanBeLimited(): void
    {
        $client = self::client([ArrayObject::class]);
        $giver = Closure::bind(static fn(string $class): object => new $class(), null, null);

        self::assertInstanceOf(ArrayObject::class, $client->run($giver, ['ArrayObject']));
        $this->expectException(ResultNotSerializable::class);
        $this->expectExceptionMessage('class SplObjectStorage is not among the allowedClasses');
        $client->run($giver, ['SplObjectStorage']);
    }

    public function testExceptionsOfOtherClassesComeAsTheirFields(): void
    {
        $task = Closure::bind(static fn() => throw new \DomainException('no'), null, null);
        try {
            self::client([ArrayObject::class])->run($task);
            self::fail();
        } catch (RemoteException $e) {
            self::assertSame([\DomainException::class, 'no'], [$e->getRemoteClass(), $e->getMessage()]);
        }
        $this->expectException(\DomainException::class);
        self::client([\DomainException::class])->run($task);
    }

    /** The daemon of this test keeps no shared values, and refuses to. */
    public function testSharedValuesThatTheProgramSerializesDoNotGoWithATask(): void
    {
        serialize(Shared::of([1]));
        try {
            (new TaskPayload())->of('count', [[Shared::of([2]), fopen('php://memory', 'r')]]);
            self::fail('a stream was packed');
        } catch (ClosureNotSerializable) {
            self::assertSame(3, self::client()->run('abs', [-3]));
        }
    }

    public function testEmittedValuesAreLimitedToo(): void
    {
        $reports = new Reports(new ValueReader([]));
        $reports->take(['event' => 'emit', 'value' => serialize(new ArrayObject()), 'value_encoding' => 'php']);

        $this->expectExceptionMessage('class ArrayObject is not among the allowedClasses');
        $reports->next();
    }

    public function testFloatsKeepTheirBitsWhateverTheTaskSets(): void
    {
        $task = Closure::bind(static function (float $x): array {
            ini_set('serialize_precision', '5');
            return [$x, 0.1234567890123, -0.0];
        }, null, null);

        self::assertSame(var_export([1 / 3, 0.1234567890123, -0.0], true), var_export(self::client()->run($task, [1 / 3]), true));
    }

    public function testAnExceptionThatATaskCaughtIsAResult(): void
    {
        $task = Closure::bind(static function (mixed $stream, Closure $f): array {
            try {
                (static fn(mixed ...$all) => throw new \LogicException('row 2'))($f, STDIN);
            } catch (\LogicException $e) {
                return [$e];
            }
        }, null, null);

        [$e] = self::client()->run($task, [1, $task]);
        self::assertSame('row 2', $e->getMessage());
        self::assertStringNotContainsString('TaskRunner', $e->getTraceAsString());
    }

    public function testTheProgramGoesOnAfterWhatIsTooDeep(): void
    {
        $client = self::client();
        for ($deep = [], $i = 0; $i < 20_000; $i++) {
            $deep = [$deep];
        }
        try {
            $client->run('count', [$deep]);
            self::fail();
        } catch (ClosureNotSerializable $e) {
            self::assertStringContainsString('is nested deeper than 4000 levels', $e->getMessage());
        }
        self::assertSame(1, $client->run('count', [[1]]));
    }
}
