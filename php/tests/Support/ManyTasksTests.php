<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\AllFailed;
use B7s\Parallite\Future;
use Closure;

/**
 * What the client does with many tasks at once, with any daemon: maps, handlers and combinations of futures, forks,
 * signals and event loops.
 */
trait ManyTasksTests
{
    abstract private static function client(): Client;

    abstract private static function task(string $name): Closure;

    public function testAllKeepsKeysAndOrder(): void
    {
        $client = self::client();
        $tasks = ['u' => self::task('answer'), 7 => 'phpversion'];

        self::assertSame(['u' => 42, 7 => PHP_VERSION], $client->all($tasks, timeout: 5.0));
        self::assertSame([], $client->all([]));
        $this->expectException(\DomainException::class);
        $client->all([self::task('answer'), self::task('throws'), self::task('answer')]);
    }

    public function testMapsInParallel(): void
    {
        $client = self::client();
        $items = (static function (): \Generator {
            yield 'a' => 1;
            yield 'b' => 2;
            yield 'c' => 3;
        })();

        self::assertSame(['a' => 'a=1', 'b' => 'b=2', 'c' => 'c=3'], $client->map($items, self::task('pair')));
        self::assertSame(['A', 'B'], $client->map(['a', 'b'], 'strtoupper'), 'which takes no key');
        self::assertSame([10 => 7, 3 => 8], $client->map([10 => '7', 3 => '8'], intval(...)), 'whose base is no key');
        self::assertSame(array_map(dechex(...), range(0, 299)), $client->map(range(0, 299), 'dechex', concurrency: 7));
        self::assertSame([], $client->map([], 'strtoupper'));
    }

    public function testMapsLazilyAndInTheOrderOfCompletion(): void
    {
        $client = self::client();
        $taken = 0;
        $file = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6)) . '-';
        $items = (static function () use (&$taken, $file): \Generator {
            foreach (['slow', 'fast', 'other', 'last'] as $key) {
                $taken++;
                yield $key => $file . $key;
            }
        })();
        $results = $client->imap($items, self::task('after file'), concurrency: 2);
        self::assertSame(0, $taken);
        array_map(static fn(string $key): bool => touch($file . $key), ['fast', 'other', 'last']);

        self::assertSame('fast', $results->key());
        self::assertSame(2, $taken, 'no more than may be in flight');
        $keys = [];
        foreach ($results as $key => $value) {
            self::assertSame($key, $value);
            $keys[] = $key;
            count($keys) < 3 || touch($file . 'slow');
        }
        array_map(unlink(...), glob("$file*") ?: []);
        self::assertSame('slow', end($keys));
        sort($keys);
        self::assertSame(['fast', 'last', 'other', 'slow'], $keys);
    }

    public function testAFailedCallEndsTheMap(): void
    {
        $taken = 0;
        $items = (static function () use (&$taken): \Generator {
            for ($i = 1; $i < 100_000; $i++) {
                $taken = $i;
                yield $i;
            }
        })();
        try {
            self::client()->map($items, self::task('fails on two'), concurrency: 2);
            self::fail();
        } catch (\RangeException $e) {
            self::assertSame('not 2', $e->getMessage());
            self::assertLessThan(50_000, $taken);
        }
    }

    public function testHandlersRunHereWhenTheValueIsIn(): void
    {
        $client = self::client();
        $log = [];
        $future = $client->submit(self::task('answer'))
            ->then(static function (int $x) use (&$log): int {
                $log[] = getmypid();
                return $x + 1;
            })
            ->then(static fn(int $x): Future => $client->submit(self::task('double'), [$x]))
            ->finally(static function () use (&$log): void {
                $log[] = 'finally';
            });
        $failed = $client->submit(self::task('throws'))
            ->then(static fn(): string => 'not called')
            ->catch(static fn(\DomainException $e): string => "caught {$e->getMessage()}");

        self::assertSame(86, $future->await());
        self::assertSame([getmypid(), 'finally'], $log);
        self::assertSame('caught no such order', $failed->await());
        self::assertSame('printed before', $failed->output());
        $broken = $client->submit(self::task('answer'))->then(static fn() => throw new \OutOfRangeException('here'));
        self::assertInstanceOf(\OutOfRangeException::class, Future::settled([$broken])[0]->exception);
        $future->await();
        self::assertCount(2, $log, 'once');
    }

    public function testHandlersRunWhileAnotherFutureIsAwaited(): void
    {
        $client = self::client();
        $other = self::client();
        $seen = null;
        $client->submit(self::task('answer'))->then(static function (int $x) use (&$seen): void {
            $seen = $x;
        });
        $other->run(self::task('after'), [300]);

        self::assertSame(42, $seen);
    }

    public function testFuturesAreCombined(): void
    {
        $client = self::client();
        $file = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        $slow = $client->submit(self::task('after file'), [$file, 500]);
        $fast = $client->submit(self::task('after'), [1]);
        $bad = $client->submit(self::task('fails on two'), [2]);

        self::assertSame(1, Future::race(['s' => $slow, 'f' => $fast]));
        self::assertSame(1, Future::any([$bad, $slow, $fast]));
        touch($file);
        self::assertSame(['s' => 500, 'f' => 1], Future::all(['s' => $slow, 'f' => $fast]));
        unlink($file);
        $settled = Future::settled(['bad' => $bad, 'fast' => $fast]);
        self::assertSame(['bad', 'fast'], array_keys($settled));
        self::assertFalse($settled['bad']->isOk());
        self::assertSame(1, $settled['fast']->get());
        try {
            Future::any(['x' => $bad, 'y' => $bad]);
            self::fail();
        } catch (AllFailed $e) {
            self::assertSame(['x', 'y'], array_keys($e->getExceptions()));
            self::assertSame('2 of 2 tasks failed; the first: not 2', $e->getMessage());
        }
        $this->expectException(\InvalidArgumentException::class);
        Future::race([]);
    }

    public function testFuturesAreIteratedInTheOrderOfCompletion(): void
    {
        $client = self::client();
        $file = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6)) . '-';
        $futures = [];
        foreach (['c', 'a', 'b'] as $key) {
            $futures[$key] = $client->submit(self::task('after file'), [$file . $key, $key]);
        }
        touch($file . 'a');
        $keys = [];
        foreach (Future::iterate($futures) as $key => $future) {
            self::assertTrue($future->isDone());
            $keys[] = $key;
            touch($file . match (count($keys)) {
                1 => 'b',
                default => 'c',
            });
        }
        array_map(unlink(...), glob("$file?") ?: []);

        self::assertSame(['a', 'b', 'c'], $keys);
    }

    public function testTheFirstFailureDoesNotWaitForTheOthers(): void
    {
        $client = self::client();
        $slow = $client->submit(self::task('sleeps'));
        try {
            Future::all([$slow, $client->submit(self::task('throws'))]);
            self::fail();
        } catch (\DomainException) {
            self::assertFalse($slow->isDone());
        } finally {
            $slow->cancel();
        }
    }

    public function testNamesShowInIds(): void
    {
        $client = self::client();

        self::assertMatchesRegularExpression(
            '/^resize-[\da-f]{16}-\d+$/',
            $client->submit('phpversion', name: 'resize')->id(),
        );
        $this->expectException(\InvalidArgumentException::class);
        $client->submit('phpversion', name: str_repeat('x', 250));
    }

    public function testAForkedChildHasTasksOfItsOwn(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('slowly'), [0.3, 'of the parent']);
        [$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $pid = pcntl_fork();
        if ($pid === 0) {
            $said = [];
            try {
                $said['result'] = $client->run(self::task('answer'));
                $said['id'] = $client->submit('phpversion')->id();
                $future->await();
            } catch (\Throwable $e) {
                $said['failure'] = $e::class . ': ' . $e->getMessage();
            }
            fwrite($there, serialize($said));
            posix_kill(posix_getpid(), SIGKILL); // no shutdown functions of PHPUnit
        }
        fclose($there);
        $said = unserialize((string) stream_get_contents($here));
        pcntl_waitpid($pid, $status);

        self::assertSame('of the parent', $future->await());
        self::assertSame(42, $said['result']);
        self::assertStringContainsString('belongs to the parent process', $said['failure']);
        self::assertNotSame(
            strstr($client->submit('phpversion')->id(), '-', true),
            strstr($said['id'], '-', true),
            'ids of a child are others than its parent\'s',
        );
    }

    public function testSignalsDoNotDisturb(): void
    {
        $client = self::client();
        $count = 0;
        $before = pcntl_async_signals(true);
        pcntl_signal(SIGALRM, static function () use (&$count): void {
            $count++;
        });
        $child = pcntl_fork();
        if ($child === 0) {
            for ($i = 0; $i < 40; $i++) {
                usleep(10_000);
                posix_kill(posix_getppid(), SIGALRM);
            }
            posix_kill(posix_getpid(), SIGKILL);
        }
        try {
            self::assertSame('there', $client->submit(self::task('slowly'), [0.3, 'there'])->await(10.0));
            $text = str_repeat('x', 3_000_000);
            self::assertSame(strlen($text), $client->run('strlen', [$text]));
        } finally {
            while (pcntl_waitpid($child, $status) !== $child) {
                continue; // a signal came in between
            }
            pcntl_signal(SIGALRM, SIG_DFL);
            pcntl_async_signals($before);
        }
        self::assertGreaterThan(5, $count);
    }

    public function testHandlersOfSignalsMayThrow(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('slowly'), [0.5, 'there']);
        $before = pcntl_async_signals(true);
        pcntl_signal(SIGALRM, static fn() => throw new \OverflowException('too long'));
        pcntl_alarm(1);
        try {
            $client->run(self::task('after'), [3_000]);
            self::fail();
        } catch (\OverflowException) {
            self::assertSame('there', $future->await(), 'the connection is as good as before');
        } finally {
            pcntl_alarm(0);
            pcntl_signal(SIGALRM, SIG_DFL);
            pcntl_async_signals($before);
        }
    }

    public function testLoopsLookWithoutWaiting(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('slowly'), [0.2, 'there']);
        $seen = null;
        $future->then(static function (string $value) use (&$seen): void {
            $seen = $value;
        });
        $stream = $client->stream();
        self::assertFalse($client->tick());
        self::assertNull($seen);
        while ($seen === null) {
            $read = [$stream];
            $write = $except = null;
            self::assertSame(1, stream_select($read, $write, $except, 10));
            $client->tick();
        }

        self::assertSame('there', $seen);
        self::assertSame($client, $future->client());
    }
}
