<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use ArrayObject;
use B7s\Parallite\ClientInterface;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Exception\ParalliteException;
use B7s\Parallite\Exception\QueueFull;
use B7s\Parallite\Exception\QuotaExceeded;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Exception\TaskTimedOut;
use B7s\Parallite\Exception\WorkerCrashed;
use B7s\Parallite\Future;
use B7s\Parallite\Retry;
use B7s\Parallite\Scope;
use B7s\Parallite\Task;
use B7s\Parallite\Exception\NothingReceived;
use B7s\Parallite\Shared;
use B7s\Parallite\Testing\FakeClient;
use B7s\Parallite\Testing\RecordedTask;
use DomainException;
use PHPUnit\Framework\AssertionFailedError;
use PHPUnit\Framework\TestCase;

/**
 * The client for tests: runs inline, records, follows a script, and takes assertions.
 */
final class FakeClientTest extends TestCase
{
    public function testRunsTasksInThisProcess(): void
    {
        $client = new FakeClient();
        self::assertInstanceOf(ClientInterface::class, $client);

        self::assertSame(getmypid(), $client->run(getmypid(...)));
        self::assertSame('cba', $client->run('strrev', ['abc']));
        self::assertSame(['x' => 1, 'y' => 5], $client->all(['x' => fn(): int => 1, 'y' => fn(): int => 5]));
        self::assertSame(['a' => 'A', 'b' => 'B'], $client->map(['a' => 'a', 'b' => 'b'], 'strtoupper'));
        self::assertSame(['k=v'], $client->map(['v'], static fn(string $v, int $k): string => "k=$v"));
        self::assertSame(['a' => 1], iterator_to_array($client->imap(['a' => -1], 'abs')));
    }

    public function testMapsAreLikeThoseOfTheDaemon(): void
    {
        $client = new FakeClient();
        $items = ['a' => 1, 'b' => 0];
        $inverse = static fn(int $n): int => intdiv(6, $n);
        $settled = $client->map($items, $inverse, chunk: 'auto', settled: true, deadline: 60.0);

        self::assertSame(6, $settled['a']->get());
        self::assertInstanceOf(\DivisionByZeroError::class, $settled['b']->exception);
        $client->assertRanTimes(2);
        self::assertSame(['a', 'b'], array_keys(iterator_to_array($client->mapUnordered($items, 'abs', chunk: 5))));
        self::assertSame([1, 0], array_values(iterator_to_array($client->imap($items, 'abs', ordered: true))));
        self::assertFalse($client->all([static fn() => $inverse(0)], settled: true)[0]->isOk());
        $client->run('abs', [1], priority: 'low', queueTimeout: 2.0);
        $last = $client->tasks()[array_key_last($client->tasks())];
        self::assertSame(['low', 2.0, null], [$last->priority, $last->queueTimeout, $last->pool]);
        $client->map([1], 'abs', pool: 'reports');
        self::assertSame('reports', $client->tasks()[count($client->tasks()) - 1]->pool);
        $this->expectException(\B7s\Parallite\Exception\DeadlineExceeded::class);
        $client->map([1, 2], static fn(int $n): int => [usleep(2_000), $n][1], deadline: 0.001);
    }

    public function testTasksAreInTheTraceThatTheClientIsTold(): void
    {
        $mine = '00-' . str_repeat('a', 32) . '-' . str_repeat('b', 16) . '-01';
        $spans = [$mine, "00-malformed\n"];
        $client = new FakeClient(traceparent: static function () use (&$spans): ?string {
            return array_shift($spans);
        });
        $task = static fn(): ?string => \B7s\Parallite\Task::traceparent();

        self::assertSame([$mine, null, null], $client->map([1, 2, 3], $task));
        self::assertSame($mine, $client->submit($task, traceparent: $mine)->await());
        self::assertSame([$mine, null, null, $mine], array_map(static fn($task) => $task->traceparent, $client->tasks()));
    }

    public function testScopesAndRetriesAreLikeThoseOfTheDaemon(): void
    {
        $client = (new FakeClient())->throws(new \RuntimeException('down'), 'strrev', times: 2);
        self::assertSame('cba', $client->run('strrev', ['abc'], retry: new Retry(times: 3, delay: 60.0)));
        $client->assertRanTimes(3, 'strrev');
        self::assertSame(5, $client->scope(static fn(Scope $scope): int => $scope->submit('abs', [-5])->await()));
        $second = null;
        try {
            $client->scope(static function (Scope $scope) use (&$second): void {
                $scope->submit(static fn() => throw new \DomainException('first'));
                $second = $scope->submit('abs', [-1]);
            });
            self::fail();
        } catch (\DomainException) {
            $client->assertRanTimes(1, 'abs');
        }
        $this->expectException(\B7s\Parallite\Exception\TaskCancelled::class);
        $second->await();
    }

    public function testFuturesAreLikeThoseOfTheDaemon(): void
    {
        $client = new FakeClient();
        $future = $client->submit(static function (): string {
            echo 'printed';
            Task::progress(0.5, 'half way');
            Task::emit(['partial']);
            return 'done';
        });
        $progress = [];
        $future->onProgress(static function (?float $fraction, ?string $message) use (&$progress): void {
            $progress[] = [$fraction, $message];
        });

        self::assertTrue($future->isDone());
        self::assertSame('done', $future->await(0.1));
        self::assertSame('printed', $future->output());
        self::assertSame([[0.5, 'half way']], $progress);
        self::assertSame([['partial']], iterator_to_array($future->stream(), false));
        self::assertFalse($future->cancel(), 'too late');
        self::assertSame('DONE', $future->then(strtoupper(...))->await());
        self::assertSame(['done', 3], Future::all([$future, $client->submit('strlen', ['abc'])]));
    }

    public function testExceptionsAreThoseOfTheTask(): void
    {
        $client = new FakeClient();
        $future = $client->submit(static fn() => throw new DomainException('no such order', 404));

        $this->expectExceptionObject(new DomainException('no such order', 404));
        $future->await();
    }

    public function testValuesTravelAsCopies(): void
    {
        $object = new ArrayObject([1]);
        $identity = static fn(ArrayObject $value): ArrayObject => $value;

        $copy = (new FakeClient())->run($identity, [$object]);
        self::assertEquals($object, $copy);
        self::assertNotSame($object, $copy);
        self::assertSame($object, (new FakeClient(travels: false))->run($identity, [$object]));
    }

    public function testArgumentsTheTaskGetsAreCopies(): void
    {
        $object = new ArrayObject([1]);
        (new FakeClient())->run(static function (ArrayObject $value): void {
            $value[] = 2;
        }, [$object]);

        self::assertCount(1, $object, 'what a worker does to its copy is not seen here');
    }

    public function testWhatCannotTravelIsRefused(): void
    {
        $socket = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $generator = (static fn() => yield 1)();
        $client = new FakeClient();
        foreach ([[static fn() => $generator->current(), []], ['var_export', [$generator, true]]] as [$task, $args]) {
            try {
                $client->run($task, $args);
                self::fail('a generator cannot travel');
            } catch (ClosureNotSerializable $e) {
                self::assertNotSame('', $e->getMessage());
            }
        }
        $client->assertNothingRan();
        fclose($socket[0]);
    }

    public function testResultsFollowTheScript(): void
    {
        $client = (new FakeClient())
            ->returns('first', times: 1)
            ->returns('PDF', 'strrev')
            ->throws(new DomainException('no printer'), 'ucfirst')
            ->answers(static fn(RecordedTask $task): int => count($task->args), static fn(RecordedTask $task): bool
                => $task->args !== [] && $task->callee === 'max');

        self::assertSame('first', $client->run('strrev', ['abc']));
        self::assertSame('PDF', $client->run('strrev', ['abc']));
        self::assertSame('PDF', $client->run(strrev(...), ['abc']), 'by whatever way of calling it');
        self::assertSame(3, $client->run('max', [7, 8, 9]));
        self::assertSame('ABC', $client->run('strtoupper', ['abc']), 'the rest runs');
        $this->expectExceptionMessage('no printer');
        $client->run('ucfirst', ['abc']);
    }

    public function testFailsInTheWaysOfTheDaemon(): void
    {
        $ways = [
            'TIMEOUT' => TaskTimedOut::class,
            'WORKER_CRASHED' => WorkerCrashed::class,
            'QUEUE_FULL' => QueueFull::class,
            'QUOTA_EXCEEDED' => QuotaExceeded::class,
            'RESULT_TOO_LARGE' => TaskException::class,
        ];
        foreach ($ways as $code => $class) {
            $client = (new FakeClient())->fails($code, 'pi', times: 1);
            try {
                $client->run('pi');
                self::fail($code);
            } catch (TaskException $e) {
                self::assertInstanceOf($class, $e);
                self::assertSame($code, $e->getErrorCode());
            }
            self::assertSame(M_PI, $client->run('pi'), 'once was enough');
        }
    }

    public function testDaemonMayBeDown(): void
    {
        $client = (new FakeClient())->down();
        $calls = [
            static fn() => $client->run('pi'),
            static fn() => $client->map([1], 'abs'),
            static fn() => $client->ping(),
            static fn() => $client->stats(),
            static fn() => $client->status('x'),
        ];
        foreach ($calls as $call) {
            try {
                $call();
                self::fail();
            } catch (DaemonNotRunning) {
            }
        }
        $client->assertNothingRan();
        self::assertSame(M_PI, $client->down(false)->run('pi'));
    }

    public function testTasksAreFoundByTheirIds(): void
    {
        $client = new FakeClient();
        $client->submit('pi', id: 'circle', detach: true);
        $client->submit(static fn() => throw new DomainException('x'), id: 'bad');

        self::assertSame(M_PI, $client->await('circle'));
        self::assertSame('completed', $client->status('circle')['status']);
        self::assertSame('failed', $client->status('bad')['status']);
        self::assertFalse($client->cancel('circle'));
        self::assertSame(M_PI, $client->submit('pi', id: 'circle')->await(), 'joined');
        $client->assertRanTimes(1, 'pi');
        $this->expectException(ParalliteException::class);
        $this->expectExceptionMessageMatches('/nobody/');
        $client->await('nobody');
    }

    public function testRecordsWhatWasSubmitted(): void
    {
        $client = new FakeClient();
        $client->submit('strrev', ['abc'], timeout: 2.5, name: 'reverse');
        $client->submit(self::class . '::double', [21], detach: true);
        $client->submit(self::double(...), [1]);
        $client->submit([self::class, 'double'], [1]);
        $client->submit(fn() => 1);
        $client->run('pi', isolate: true);
        [$first, $second] = $client->tasks();

        self::assertSame(['reverse-1', 'strrev', ['abc'], 2.5, 'reverse', false], [
            $first->id, $first->callee, $first->args, $first->timeout, $first->name, $first->detach,
        ]);
        self::assertTrue($second->detach);
        self::assertFalse($second->isolate);
        self::assertTrue($client->tasks('pi')[0]->isolate);
        self::assertCount(3, $client->tasks('\\' . self::class . '::double'));
        self::assertCount(1, $client->tasks('{closure}'));
        self::assertCount(1, $client->tasks('reverse'), 'by its name for people');
    }

    public function testAssertionsHold(): void
    {
        $client = new FakeClient();
        $client->assertNothingRan();
        $client->run('pi');
        $client->run('max', [1, 2]);

        $client->assertRan('pi');
        $client->assertRan(static fn(RecordedTask $task): bool => $task->args === [1, 2]);
        $client->assertNotRan('min');
        $client->assertRanTimes(2);
        $client->assertRanTimes(1, 'max');
    }

    public function testTasksReceiveWhatTheTestSends(): void
    {
        $client = (new FakeClient())->sends(1, ['two'], null);
        $collect = static function (): array {
            for ($values = []; ($value = Task::receive()) !== null; $values[] = $value);
            return $values;
        };

        self::assertSame([1, ['two']], $client->run($collect));
        $this->expectException(NothingReceived::class);
        $client->run($collect);
    }

    public function testSharedValuesAreThereWhetherTheyTravelOrNot(): void
    {
        foreach ([true, false] as $travels) {
            $client = new FakeClient($travels);
            $shared = $client->share(['a' => 1]);

            self::assertSame([2, 3], $client->map([1, 2], static fn(int $n): int => $n + $shared->value()['a']));
            self::assertSame(1, $client->run(static fn(Shared $given): int => $given->value()['a'], [$shared]));
        }
    }

    public function testAssertionsFailAndSayWhatRan(): void
    {
        $client = new FakeClient();
        $client->run('pi');
        $claims = [
            'min was not run; there ran: pi' => static fn() => $client->assertRan('min'),
            'pi was run; there ran: pi' => static fn() => $client->assertNotRan('pi'),
            'no task was expected; there ran: pi' => static fn() => $client->assertNothingRan(),
            'pi was run 1 times, not 2; there ran: pi' => static fn() => $client->assertRanTimes(2, 'pi'),
            'a task was run 1 times, not 0; there ran: pi' => static fn() => $client->assertRanTimes(0),
        ];
        foreach ($claims as $message => $claim) {
            try {
                $claim();
            } catch (AssertionFailedError $e) {
                self::assertStringStartsWith($message, $e->getMessage());
                continue;
            }
            self::fail($message);
        }
    }

    public static function double(int $value): int
    {
        return 2 * $value;
    }
}
