<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\AwaitTimedOut;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Future;
use B7s\Parallite\Tests\Support\FakeDaemon;
use B7s\Parallite\Tests\Support\MiniDaemon;
use B7s\Parallite\Tests\Support\Revolt;
use Closure;
use DomainException;
use PHPUnit\Framework\TestCase;
use Revolt\EventLoop;

/**
 * Futures in fibers of Revolt's event loop, which goes on with other things while they are awaited. Each test runs
 * in a process of its own: once Revolt is loaded, it waits for everything.
 *
 * @runTestsInSeparateProcesses
 * @preserveGlobalState disabled
 */
final class RevoltTest extends TestCase
{
    private static ?MiniDaemon $daemon = null;

    private int $ticks = 0;

    protected function setUp(): void
    {
        $autoloader = Revolt::autoloader();
        if ($autoloader === null) {
            self::markTestSkipped('Revolt is not installed; deploy/tools-for-tests brings it');
        }
        require_once $autoloader;
        self::$daemon = new MiniDaemon();
    }

    protected function tearDown(): void
    {
        if (self::$daemon !== null) {
            self::$daemon->stop();
            self::assertSame([], EventLoop::getIdentifiers(), 'nothing is left for the loop to watch');
        }
    }

    private static function client(): Client
    {
        return new Client(self::$daemon?->socket);
    }

    private static function task(string $name): Closure
    {
        return Closure::bind(
            static fn(string $file): array => require $file,
            null,
            null,
        )(dirname(__DIR__) . '/Support/tasks.php')[$name];
    }

    /** Counts while the loop is free. */
    private function tick(int $times): void
    {
        if ($times > 0) {
            EventLoop::delay(0.01, function () use ($times): void {
                $this->ticks++;
                $this->tick($times - 1);
            });
        }
    }

    public function testLoopGoesOnWhileFibersAwait(): void
    {
        $client = self::client();
        $directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir($directory);
        $results = [];
        foreach (['a', 'b', 'c'] as $key) {
            EventLoop::queue(static function () use ($client, $key, $directory, &$results): void {
                // none ends before three run at once, and the loop has made the fourth file
                $results[$key] = $client->run(self::task('waits for others'), [$directory, $key, 4]);
            });
        }
        $this->tick(10);
        EventLoop::delay(0.2, static function () use ($directory): void {
            touch("$directory/loop");
        });
        EventLoop::run();
        array_map(unlink(...), glob("$directory/*") ?: []);
        rmdir($directory);

        self::assertEqualsCanonicalizing(['a' => 'a', 'b' => 'b', 'c' => 'c'], $results);
        self::assertSame(10, $this->ticks);
    }

    public function testAFutureOfTheParentFailsInAFiberOfTheChild(): void
    {
        if (!function_exists('pcntl_fork')) {
            self::markTestSkipped('ext-pcntl is not loaded');
        }
        $future = self::client()->submit(self::task('slowly'), [0.3, 'of the parent']);
        EventLoop::getDriver(); // from here on Revolt does the waiting
        [$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $child = pcntl_fork();
        if ($child === 0) {
            try {
                $future->await();
            } catch (\Throwable $e) {
                fwrite($there, $e::class);
            }
            posix_kill(getmypid(), SIGKILL);
        }
        fclose($there);
        $caught = stream_get_contents($here);
        pcntl_waitpid($child, $status);

        self::assertSame(ConnectionException::class, $caught);
        self::assertSame('of the parent', $future->await());
    }

    public function testALostConnectionIsNoAwaitThatGaveUp(): void
    {
        $requests = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        $daemon = new FakeDaemon(static function (mixed $connection) use ($requests): void {
            file_put_contents($requests, FakeDaemon::request($connection)[0]['type'] . ' ', FILE_APPEND);
        });
        $future = (new Client($daemon->socket))->future('of another client');
        $caught = null;
        EventLoop::queue(static function () use ($future, &$caught): void {
            try {
                $future->await();
            } catch (\Throwable $e) {
                $caught = $e::class;
            }
        });
        EventLoop::run();
        $daemon->stop();

        self::assertSame(ConnectionException::class, $caught);
        self::assertSame('await ', file_get_contents($requests), 'it was asked for once');
        unlink($requests);
    }

    public function testMainProgramAwaitsWhileTheLoopGoesOn(): void
    {
        $this->tick(10);

        self::assertSame('done', self::client()->run(self::task('slowly'), [0.3, 'done']));
        self::assertSame(10, $this->ticks);
    }

    public function testAwaitGivesUpInTime(): void
    {
        $future = self::client()->submit(self::task('slowly'), [0.5, 'late']);
        try {
            $future->await(0.1);
            self::fail();
        } catch (AwaitTimedOut) {
            self::assertFalse($future->isDone());
            self::assertSame('late', $future->await());
        }
    }

    public function testFailuresReachTheFiberThatAwaits(): void
    {
        $caught = [];
        $client = self::client();
        foreach (['throws', 'answer'] as $name) {
            EventLoop::queue(static function () use ($client, $name, &$caught): void {
                try {
                    $caught[$name] = $client->run(self::task($name));
                } catch (DomainException $e) {
                    $caught[$name] = $e->getMessage();
                }
            });
        }
        EventLoop::run();

        self::assertEqualsCanonicalizing(['throws' => 'no such order', 'answer' => 42], $caught);
    }

    public function testManyFibersOverOneConnection(): void
    {
        $client = self::client();
        $results = [];
        for ($i = 0; $i < 300; $i++) {
            EventLoop::queue(static function () use ($client, $i, &$results): void {
                $results[$i] = $client->run('dechex', [$i]);
            });
        }
        EventLoop::run();
        ksort($results);

        self::assertSame(array_map(dechex(...), range(0, 299)), $results);
    }

    public function testLargeRequestsAreSentWhileTheLoopGoesOn(): void
    {
        $client = self::client();
        $text = str_repeat('0123456789', 900_000);
        $this->tick(5);
        $results = $client->map(array_fill(0, 4, $text), 'strrev');

        self::assertSame(array_fill(0, 4, md5(strrev($text))), array_map(md5(...), $results));
        self::assertGreaterThan(0, $this->ticks);
    }

    public function testFiberGoesOnWhenAnotherReadsItsReply(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('slowly'), [0.1, 'first']);
        $result = null;
        EventLoop::queue(static function () use ($future, &$result): void {
            $result = $future->await();
        });
        EventLoop::delay(0.05, static function () use ($future): void {
            while (!$future->isDone()) { // reads without the loop
                usleep(1_000);
            }
        });
        EventLoop::run();

        self::assertSame('first', $result);
    }

    public function testFiberMayAwaitInAHandlerOfAnother(): void
    {
        $client = self::client();
        $second = $client->submit(self::task('slowly'), [0.1, 'second'])->then(strtoupper(...));
        $first = $client->submit(self::task('answer'))->then(static fn(int $value): string => $value . $second->await());

        self::assertSame('42SECOND', $first->await());
    }

    public function testExceptionOfAListenerReachesWhoeverWaits(): void
    {
        $future = self::client()->submit(self::task('answer'));
        $future->execution()->whenDone(static fn() => throw new DomainException('from a listener'));
        try {
            $future->await();
            self::fail();
        } catch (DomainException $e) {
            self::assertSame('from a listener', $e->getMessage());
            self::assertSame(42, $future->await());
        }
    }

    public function testLostConnectionFailsAllFibers(): void
    {
        $daemon = new FakeDaemon(static function (mixed $connection): void {
            FakeDaemon::request($connection);
            FakeDaemon::request($connection);
        });
        $client = new Client($daemon->socket);
        $failed = 0;
        for ($i = 0; $i < 2; $i++) {
            EventLoop::queue(static function () use ($client, &$failed): void {
                try {
                    $client->run('pi');
                } catch (ConnectionException) {
                    $failed++;
                }
            });
        }
        EventLoop::run();
        $daemon->stop();

        self::assertSame(2, $failed);
    }

    public function testIteratesInTheOrderInWhichTasksEnd(): void
    {
        $client = self::client();
        $file = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6)) . '-';
        $futures = [];
        foreach (['slow', 'fast', 'middle'] as $key) {
            $futures[$key] = $client->submit(self::task('after file'), [$file . $key, $key]);
        }
        touch($file . 'fast');
        $order = [];
        foreach (Future::iterate($futures) as $key => $future) {
            $order[] = $key;
            touch($file . (count($order) === 1 ? 'middle' : 'slow'));
        }
        array_map(unlink(...), glob("$file*") ?: []);

        self::assertSame(['fast', 'middle', 'slow'], $order);
    }
}
