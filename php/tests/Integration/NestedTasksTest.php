<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\TaskTimedOut;
use B7s\Parallite\Tests\Support\PhpScript;
use B7s\Parallite\Tests\Support\RealDaemon;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * Tasks that submit tasks, and what a task can learn of itself: with a daemon of one worker, which nothing but its own
 * address tells apart.
 */
final class NestedTasksTest extends TestCase
{
    private static RealDaemon $daemon;

    private Client $client;

    public static function setUpBeforeClass(): void
    {
        self::$daemon = new RealDaemon([
            'PARALLITE_FIXED_WORKERS' => '1',
            'PARALLITE_MAX_WORKERS' => '1',
            'PARALLITE_SOCKET' => '/nowhere/at/all.sock',
        ]);
    }

    public static function tearDownAfterClass(): void
    {
        self::$daemon->stop();
    }

    protected function setUp(): void
    {
        $this->client = new Client(self::$daemon->socket);
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

    public function testTasksOfATaskAreInItsTrace(): void
    {
        $mine = '00-' . str_repeat('a', 32) . '-' . str_repeat('b', 16) . '-01';
        $other = '00-' . str_repeat('c', 32) . '-' . str_repeat('d', 16) . '-00';
        $inner = self::task('traceparent');

        self::assertSame([$mine, $mine, $other], $this->client->submit(self::task('traceparents'), [$inner], traceparent: $mine)->await());
        self::assertSame([null, null, $other], $this->client->run(self::task('traceparents'), [$inner]));
    }

    public function testATaskFindsTheDaemonThatRunsIt(): void
    {
        $pid = $this->client->ping()['pid'];

        self::assertSame($pid, $this->client->run(self::task('pid of the daemon')));
    }

    public function testTasksThatWaitForTheirOwnDoNotDeadlock(): void
    {
        $depth = self::task('depth');

        self::assertSame(6, $this->client->run($depth, [6, 2]), 'one worker, and 127 tasks');
        $this->eventually(fn(): bool => count($this->client->stats()['pool']['workers']) === 1);
        self::assertSame(0, $this->client->stats()['tasks']['in_flight']);
    }

    public function testTasksEndWithTheOneThatSubmittedThem(): void
    {
        $file = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        try {
            $this->client->run(self::task('submits and sleeps'), [self::task('after file'), $file], timeout: 2.0);
            self::fail();
        } catch (TaskTimedOut) {
            $this->eventually(fn(): bool => $this->client->stats()['tasks']['in_flight'] === 0);
        }
        self::assertFileDoesNotExist($file);
    }

    public function testATaskKnowsItself(): void
    {
        $before = microtime(true);
        $future = $this->client->submit(self::task('itself'), name: 'report', timeout: 100.0);
        [$id, $name, $context, $deadline] = $future->await();

        self::assertSame($future->id(), $id);
        self::assertSame('report', $name);
        self::assertNull($context);
        self::assertGreaterThan($before + 99.9, $deadline);
        self::assertLessThanOrEqual(microtime(true) + 100.0, $deadline);
        [$id, $name, , $deadline] = $this->client->run(self::task('itself'));
        self::assertNotNull($id);
        self::assertNull($name);
        self::assertGreaterThan(microtime(true), $deadline, 'that of the daemon');
    }

    public function testRecursesWithOneWorker(): void
    {
        $script = PhpScript::file(
            __DIR__ . '/../../examples/recursion.php',
            ['20000'],
            ['PARALLITE_SOCKET' => self::$daemon->socket],
        );

        self::assertSame(0, $script->exitCode, $script->output);
        self::assertStringStartsWith("20000 numbers, sorted\n", $script->output);
    }
}
