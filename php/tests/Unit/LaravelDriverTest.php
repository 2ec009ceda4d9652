<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Exception\TaskTimedOut;
use B7s\Parallite\Laravel\ParalliteDriver;
use B7s\Parallite\Testing\FakeClient;
use B7s\Parallite\Testing\RecordedTask;
use B7s\Parallite\Tests\Support\PhpScript;
use B7s\Parallite\Worker\PayloadDecoder;
use Carbon\CarbonInterval;
use DomainException;
use Illuminate\Contracts\Concurrency\Driver;
use LogicException;
use PHPUnit\Framework\TestCase;

/**
 * The driver of the Concurrency facade, with doubles of Laravel's contracts and a fake client.
 */
final class LaravelDriverTest extends TestCase
{
    private const TASK = 'B7s\Parallite\Laravel\WorkerApplication::runTask';

    private FakeClient $client;

    public static function setUpBeforeClass(): void
    {
        if (!interface_exists(Driver::class)) {
            require_once dirname(__DIR__) . '/Support/doubles/concurrency.php';
        }
    }

    protected function setUp(): void
    {
        $this->client = (new FakeClient(travels: false))->answers(
            static fn(RecordedTask $task): mixed => (new PayloadDecoder())->decode($task->args['closure'])[0](),
            self::TASK,
        );
    }

    private function driver(?float $timeout = null): ParalliteDriver
    {
        return new ParalliteDriver($this->client, $timeout);
    }

    public function testKeepsKeysAndOrder(): void
    {
        $tasks = [
            'b' => static fn(): int => 1,
            'a' => static fn(): string => 'two',
            7 => static fn(): ?int => null,
        ];
        self::assertSame(['b' => 1, 'a' => 'two', 7 => null], $this->driver()->run($tasks));
    }

    public function testTakesOneClosure(): void
    {
        self::assertSame([42], $this->driver()->run(static fn(): int => 42));
        self::assertSame([], $this->driver()->run([]));
    }

    public function testThrowsTheFirstFailureInTheOrderOfTheTasksAfterAllHaveEnded(): void
    {
        try {
            $this->driver()->run([
                static fn(): int => 1,
                static fn() => throw new DomainException('first'),
                static fn() => throw new LogicException('second'),
                static fn(): int => 2,
            ]);
            self::fail();
        } catch (DomainException $e) {
            self::assertSame('first', $e->getMessage());
            $this->client->assertRanTimes(4, self::TASK);
        }
    }

    public function testTimeoutIsTheCallsElseTheConfiguredOne(): void
    {
        $task = static fn(): int => 1;
        $driver = $this->driver(4.5);
        $driver->run($task);
        $driver->run($task, 2);
        $driver->run($task, CarbonInterval::seconds(3));
        $this->driver()->run($task);

        self::assertSame([4.5, 2.0, 3.0, null], array_column($this->client->tasks(), 'timeout'));
    }

    public function testTasksAreIsolatedAsConfigured(): void
    {
        $task = static fn(): int => 1;
        foreach ([[], ['isolate' => true], ['isolate' => false]] as $configured) {
            (new ParalliteDriver($this->client, ...$configured))->run($task);
        }

        self::assertSame([null, true, false], array_column($this->client->tasks(), 'isolate'));
    }

    public function testTasksRunInThePoolThatIsConfigured(): void
    {
        $task = static fn(): int => 1;
        (new ParalliteDriver($this->client))->run($task);
        (new ParalliteDriver($this->client, pool: 'facade'))->run([$task, $task]);
        (new ParalliteDriver($this->client, pool: 'facade'))->defer($task)->__invoke();

        self::assertSame([null, 'facade', 'facade', 'facade'], array_column($this->client->tasks(), 'pool'));
    }

    public function testTimedOutTaskIsAFailure(): void
    {
        $client = (new FakeClient())->fails('TIMEOUT');

        $this->expectException(TaskTimedOut::class);
        (new ParalliteDriver($client))->run(static fn(): int => 1);
    }

    public function testDeferredTasksAreHandedOverLaterAndNotAwaited(): void
    {
        $deferred = $this->driver()->defer([
            static fn(): int => 1,
            static fn(): int => 2,
        ]);
        $this->client->assertNothingRan();

        $deferred();
        $this->client->assertRanTimes(2, static fn(RecordedTask $task): bool
            => $task->detach && $task->args['unattended'] === true);
    }

    public function testConcurrencyIsLimitedToWhatWasAskedFor(): void
    {
        $tasks = array_fill_keys(range('a', 'e'), static fn(): int => 1);

        self::assertSame(array_fill_keys(range('a', 'e'), 1), $this->driver()->run($tasks, null, 2));
    }

    public function testClosureThatCannotTravelIsRefused(): void
    {
        $generator = (static fn() => yield 1)();

        $this->expectException(ClosureNotSerializable::class);
        $this->driver()->run(static fn() => $generator->current());
    }

    /**
     * @testWith ["11"]
     *           ["13"]
     */
    public function testFitsTheContractOfEachVersion(string $version): void
    {
        $double = var_export(dirname(__DIR__) . '/Support/doubles/concurrency.php', true);
        $script = PhpScript::run(
            "require $double; echo implode(class_implements(B7s\\Parallite\\Laravel\\ParalliteDriver::class));",
            ['CONCURRENCY_CONTRACT' => $version],
        );
        self::assertSame(Driver::class, $script->output);
    }
}
