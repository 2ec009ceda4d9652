<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\QueueFull;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Scope;
use B7s\Parallite\Tests\Support\PhpScript;
use B7s\Parallite\Tests\Support\RealDaemon;
use Closure;
use InvalidArgumentException;
use PHPUnit\Framework\TestCase;

/**
 * Which task goes first, how long it waits, and what becomes of it without its client: with a daemon of one worker.
 */
final class SchedulingTest extends TestCase
{
    private static RealDaemon $daemon;

    private Client $client;

    private string $file;

    public static function setUpBeforeClass(): void
    {
        self::$daemon = new RealDaemon([
            'PARALLITE_FIXED_WORKERS' => '1',
            'PARALLITE_MAX_WORKERS' => '1',
            'PARALLITE_TIMEOUT_MS' => '600000',
            'PARALLITE_POOLS' => '{"reports": {"php_options": ["-d", "memory_limit=321M"]}}',
        ]);
    }

    public static function tearDownAfterClass(): void
    {
        self::$daemon->stop();
    }

    protected function setUp(): void
    {
        $this->client = new Client(self::$daemon->socket);
        $this->file = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
    }

    protected function tearDown(): void
    {
        array_map(unlink(...), glob("$this->file*") ?: []);
    }

    private static function task(string $name): Closure
    {
        $tasks = Closure::bind(static fn(string $file): array => require $file, null, null)(__DIR__ . '/../Support/tasks.php');
        return $tasks[$name];
    }

    private function eventually(Closure $isSo): void
    {
        for ($i = 0; !$isSo(); $i++) {
            self::assertLessThan(3_000, $i, 'it does not come about');
            usleep(10_000);
        }
    }

    private function inFlight(): int
    {
        return $this->client->stats()['tasks']['in_flight'];
    }

    public function testTasksOfHighPriorityGoFirst(): void
    {
        $blocker = $this->client->submit(self::task('after file'), [$this->file, 'blocker']);
        $other = new Client(self::$daemon->socket);
        $futures = [];
        foreach (['low', 'normal', 'high', 'low', 'high'] as $i => $priority) {
            $client = $i % 2 === 0 ? $this->client : $other;
            $futures[] = $client->submit(self::task('notes'), ["$this->file-notes", $priority], priority: $priority);
            $this->eventually(fn(): bool => $this->inFlight() === $i + 2);
        }
        touch($this->file);
        $blocker->await();
        $this->client->awaitAll($futures);

        self::assertSame("high\nhigh\nnormal\nlow\nlow\n", file_get_contents("$this->file-notes"));
    }

    public function testATaskMayHaveLittlePatience(): void
    {
        $blocker = $this->client->submit(self::task('after file'), [$this->file, 'blocker']);
        try {
            $this->client->run(self::task('answer'), queueTimeout: 0.2);
            self::fail();
        } catch (QueueFull $e) {
            self::assertSame('QUEUE_TIMEOUT', $e->getErrorCode());
            self::assertStringContainsString('its queue_timeout_ms=200', $e->getMessage());
        }
        touch($this->file);

        self::assertSame('blocker', $blocker->await());
        self::assertSame(42, $this->client->run(self::task('answer'), queueTimeout: 60.0));
    }

    public function testTasksNameTheirPool(): void
    {
        $limit = self::task('memory limit');

        self::assertSame('321M', $this->client->run($limit, pool: 'reports'));
        self::assertNotSame('321M', $this->client->run($limit));
        self::assertNotSame('321M', $this->client->run($limit, pool: 'default'));
        self::assertSame('321M', $this->client->submit($limit, pool: 'reports')->await());
        self::assertSame(['321M'], $this->client->all([$limit], pool: 'reports'));
        self::assertSame(['321M'], $this->client->map([1], $limit, pool: 'reports'));
        self::assertSame(['321M'], iterator_to_array($this->client->imap([1], $limit, pool: 'reports')));
        self::assertSame(['321M'], iterator_to_array($this->client->mapUnordered([1], $limit, pool: 'reports')));
        self::assertSame('321M', $this->client->scope(static fn(Scope $scope): mixed => $scope->submit($limit, pool: 'reports')->await()));
    }

    public function testAPoolThatThereIsNotIsAnErrorThatNamesThoseThatThereAre(): void
    {
        $failure = $this->client->all([self::task('answer')], settled: true, pool: 'nowhere')[0]->exception;

        self::assertInstanceOf(TaskException::class, $failure);
        self::assertSame('INVALID_REQUEST', $failure->getErrorCode());
        self::assertStringContainsString('there is no pool "nowhere"; there are default, reports', $failure->getMessage());
    }

    public function testRefusesUnknownPriorities(): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage("priority is \"urgent\"; it may be 'high', 'normal' or 'low'");
        $this->client->run('phpversion', priority: 'urgent');
    }

    /**
     * @testWith ["run(TASK, [FILE, 1])"]
     *           ["all([fn() => (TASK)(FILE, 1), fn() => (TASK)(FILE, 1)])"]
     *           ["map([FILE, FILE], fn($file) => (TASK)($file, 1))"]
     */
    public function testWhatIsAwaitedEndsWithItsProgram(string $call): void
    {
        $this->leave($call);

        $this->eventually(fn(): bool => $this->inFlight() === 0);
        self::assertFileDoesNotExist($this->file);
        self::assertSame(42, $this->client->run(self::task('answer')));
    }

    public function testWhatWasSubmittedGoesOnWithoutItsProgram(): void
    {
        $this->leave('submit(TASK, [FILE, 1])->await()');

        self::assertSame(1, $this->inFlight());
        touch($this->file);
        $this->eventually(fn(): bool => $this->inFlight() === 0);
        self::assertSame(42, $this->client->run(self::task('answer')));
    }

    /** A program that is killed while it waits. */
    private function leave(string $call): void
    {
        $call = strtr($call, ['TASK' => '$task', 'FILE' => var_export($this->file, true)]);
        $script = PhpScript::run(sprintf(
            '$task = static function (string $file, mixed $value) {
                while (!file_exists($file)) { usleep(5_000); clearstatcache(); }
                return $value;
            };
            $client = new B7s\Parallite\Client(%1$s);
            pcntl_async_signals(true);
            pcntl_signal(SIGALRM, function () use ($client) {
                (new B7s\Parallite\Client(%1$s))->stats()["tasks"]["in_flight"] > 0 ? posix_kill(getmypid(), SIGKILL) : pcntl_alarm(1);
            });
            pcntl_alarm(1);
            $client->%2$s;',
            var_export(self::$daemon->socket, true),
            $call,
        ));
        self::assertSame('', $script->output);
    }
}
