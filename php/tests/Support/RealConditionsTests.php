<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\TaskCancelled;
use B7s\Parallite\Exception\TaskTimedOut;
use B7s\Parallite\Future;
use Closure;
use InvalidArgumentException;
use OverflowException;

/**
 * The client where the program does more than call it: signals, forks, copies, odd keys, failures that nobody awaits.
 */
trait RealConditionsTests
{
    abstract private static function client(): Client;

    /** Where its daemon listens; null for what {@see Client} finds. */
    abstract private static function address(): ?string;

    /**
     * Lets a signal come again and again while something is done.
     *
     * @param Closure(): void $handler
     * @param Closure(): void $work
     */
    private static function ringing(Closure $handler, Closure $work): void
    {
        $before = pcntl_async_signals(true);
        pcntl_signal(SIGALRM, $handler);
        $parent = getmypid();
        $ringer = pcntl_fork();
        if ($ringer === 0) {
            pcntl_signal(SIGALRM, SIG_IGN);
            while (posix_getppid() === $parent) {
                posix_kill($parent, SIGALRM);
                usleep(1_000);
            }
            posix_kill(posix_getpid(), SIGKILL);
        }
        try {
            $work();
        } finally {
            pcntl_signal(SIGALRM, SIG_IGN);
            posix_kill($ringer, SIGKILL);
            while (pcntl_waitpid($ringer, $status) !== $ringer) {
                continue; // a signal came in between
            }
            pcntl_signal(SIGALRM, SIG_DFL);
            pcntl_async_signals($before);
        }
    }

    public function testHandlersOfSignalsRunTasksOfTheirOwn(): void
    {
        $client = self::client();
        $isBusy = false;
        $count = 0;
        $restsUntil = 0; // on a slow machine it would be called again at once, for ever
        $handler = static function () use ($client, &$isBusy, &$count, &$restsUntil): void {
            $since = hrtime(true);
            if ($isBusy || $since < $restsUntil) {
                return;
            }
            $isBusy = true;
            self::assertSame('olleh', $client->run('strrev', ['hello']));
            self::assertSame([1, 2], $client->map([-1, -2], 'abs'));
            self::assertArrayHasKey('version', $client->ping());
            $count++;
            $restsUntil = 2 * hrtime(true) - $since; // the work gets as long as this took
            $isBusy = false;
        };
        $handler(); // PHP loads no class in a handler that has interrupted the loading of it
        self::ringing($handler, static function () use ($client, &$count): void {
            for ($i = 0; $i < 2_000 && ($count < 20 || $i < 20); $i++) {
                $texts = array_map(static fn(int $n): string => str_repeat("$i:$n,", 2_000), range(1, 8));
                self::assertSame(array_map(strrev(...), $texts), $client->map($texts, 'strrev'));
            }
        });
        self::assertGreaterThanOrEqual(20, $count);
    }

    public function testHandlersOfSignalsThrowAtAnyMoment(): void
    {
        $client = self::client();
        $thrown = 0;
        $ended = 0;
        $isArmed = false; // not where nothing would catch it
        $handler = static function () use (&$thrown, &$isArmed): void {
            if ($isArmed) {
                $isArmed = false;
                $thrown++;
                throw new OverflowException('now');
            }
        };
        self::ringing($handler, static function () use ($client, &$thrown, &$ended, &$isArmed): void {
            for ($i = 0; $i < 20_000 && ($thrown < 50 || $ended < 50); $i++) {
                $text = $future = null;
                while ($text === null) {
                    try {
                        $isArmed = true;
                        $future ??= $client->submit('strrev', ["$i-a"])
                            ->then(static fn(string $text): string => "$text!")
                            ->catch(static fn(OverflowException $e): string => 'rang');
                        $text = $future->await();
                        $isArmed = false;
                    } catch (OverflowException) {
                        continue; // what it struck is as good as before
                    }
                }
                self::assertContains($text, [strrev("$i-a") . '!', 'rang']);
                $ended++;
            }
        });
        self::assertGreaterThanOrEqual(50, $thrown);
        self::assertSame('fine', $client->run('strrev', ['enif']));
    }

    public function testHandlersOfSignalsCancelWhatIsAwaited(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('sleeps'));
        $before = pcntl_async_signals(true);
        pcntl_signal(SIGALRM, static fn() => $future->cancel());
        pcntl_alarm(1);
        try {
            $future->await();
            self::fail();
        } catch (TaskCancelled) {
            self::assertSame(3, $client->run('abs', [-3]));
        } finally {
            pcntl_signal(SIGALRM, SIG_DFL);
            pcntl_async_signals($before);
        }
    }

    public function testAllRunsNothingUnlessAllCanTravel(): void
    {
        $client = self::client();
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite-test-');
        $memory = fopen('php://memory', 'r');
        $append = Closure::bind(static fn(): int|false => file_put_contents($file, 'ran', FILE_APPEND), null, null);
        $cannot = Closure::bind(static function () use ($memory): mixed {
            return $memory;
        }, null, null);
        foreach ([$cannot, 'no such function'] as $bad) {
            try {
                $client->all([$append, $append, 'bad' => $bad]);
                self::fail();
            } catch (ClosureNotSerializable) {
                $client->run('abs', [1]);
                self::assertStringEqualsFile($file, '');
            }
        }
        $client->all([$append, $append]);
        self::assertStringEqualsFile($file, 'ranran');
        unlink($file);
    }

    public function testATaskThatCannotTravelFailsAlone(): void
    {
        $client = self::client();
        $good = $client->submit(self::task('slowly'), [0.2, 'good']);
        foreach ([[self::task('echo'), [fopen('php://memory', 'r')]], ['no such function', []]] as [$task, $args]) {
            try {
                $client->submit($task, $args);
                self::fail();
            } catch (ClosureNotSerializable) {
                continue;
            }
        }
        try {
            $client->map([1, fopen('php://memory', 'r'), 3], self::task('echo'));
            self::fail();
        } catch (ClosureNotSerializable) {
            self::assertSame('good', $good->await());
        }
    }

    public function testIdsAreChecked(): void
    {
        $client = self::client();
        $good = $client->submit(self::task('slowly'), [0.3, str_repeat('x', 500)]);
        foreach (['', str_repeat('i', 256), "\xff"] as $id) {
            foreach (['submit' => ['abs', [1]], 'cancel' => [], 'status' => [], 'await' => []] as $method => $args) {
                try {
                    $method === 'submit' ? $client->submit(...$args, id: $id) : $client->$method($id);
                    self::fail($method);
                } catch (InvalidArgumentException $e) {
                    self::assertStringContainsString('id of a task', $e->getMessage());
                }
            }
        }
        $unique = bin2hex(random_bytes(8));
        foreach (["$unique-", $unique . str_repeat('é', 119) . '!'] as $id) {
            self::assertSame($id, $client->submit('abs', [-1], id: $id)->id());
            self::assertSame(1, $client->await($id));
        }
        self::assertSame(500, strlen($good->await()));
    }

    public function testRequestsAboutOneTaskKeepTheirOwnReplies(): void
    {
        $client = self::client();
        $id = 'shared-' . bin2hex(random_bytes(4));
        $first = $client->submit(self::task('slowly'), [0.4, 'the first'], id: $id);
        $same = $client->submit(self::task('slowly'), [0.4, 'the first'], id: $id);
        $known = $client->future($id);
        self::assertFalse($known->isDone());
        self::assertContains($client->status($id)['status'], ['pending', 'running']);

        self::assertSame(['the first', 'the first', 'the first'], Future::all([$first, $same, $known]));
    }

    public function testTimesAreChecked(): void
    {
        $client = self::client();
        foreach ([0.0, -1.0, NAN, INF, -INF] as $timeout) {
            $calls = [
                'run' => static fn() => $client->run('abs', [1], timeout: $timeout),
                'submit' => static fn() => $client->submit('abs', [1], timeout: $timeout),
                'all' => static fn() => $client->all(['time'], timeout: $timeout),
                'map' => static fn() => $client->map([1], 'abs', timeout: $timeout),
                'imap' => static fn() => $client->imap([1], 'abs', timeout: $timeout),
                'connect' => static fn() => new Client('/nowhere.sock', connectTimeout: $timeout),
            ];
            foreach ($calls as $name => $call) {
                try {
                    $call();
                    self::fail("$name, $timeout");
                } catch (InvalidArgumentException $e) {
                    self::assertStringContainsString(var_export($timeout, true), $e->getMessage());
                }
            }
        }
        $this->expectException(InvalidArgumentException::class);
        $client->submit('abs', [1])->await(NAN);
    }

    public function testKeysThatAnArrayCannotHoldAreRefusedByName(): void
    {
        $client = self::client();
        $entries = static function (mixed ...$keys): \Generator {
            foreach ($keys as $key) {
                yield $key => 'phpversion';
            }
        };
        $bad = [
            'key "a"' => ['a', 'b', 'a'], 'key 0' => [0, 1, 0], 'key 1.5' => [1.5], 'key NULL' => [null],
            'key of class stdClass' => [new \stdClass()], 'key true' => [true], 'key "7"' => [7, '7'],
        ];
        foreach ($bad as $name => $keys) {
            foreach (['all', 'map'] as $method) {
                try {
                    $method === 'all' ? $client->all($entries(...$keys)) : $client->map($entries(...$keys), 'strrev');
                    self::fail("$method, $name");
                } catch (InvalidArgumentException $e) {
                    self::assertStringContainsString($name, $e->getMessage());
                }
            }
            $pairs = [];
            foreach ($client->imap($entries(...$keys), 'strrev') as $key => $value) {
                $pairs[] = $key;
                self::assertSame('noisrevphp', $value);
            }
            usort($pairs, static fn(mixed $a, mixed $b): int => serialize($a) <=> serialize($b));
            usort($keys, static fn(mixed $a, mixed $b): int => serialize($a) <=> serialize($b));
            self::assertSame($keys, $pairs);
        }
    }

    public function testAKeyIsPassedOnlyToWhoRequiresIt(): void
    {
        $client = self::client();

        self::assertSame(['k' => 'abc'], $client->map(['k' => 'abcdef'], self::task('shortens')));
        self::assertSame(['k' => ['k', 'v']], $client->map(['k' => 'v'], self::task('item and key')));
        self::assertSame(['k' => ['v']], $client->map(['k' => 'v'], self::task('echo')));
        self::assertSame([3 => 2.0], $client->map([3 => 1.7], 'round'));
    }

    public function testNothingWithAConnectionIsCopied(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('slowly'), [0.2, 'there']);
        $then = $future->then(static fn(string $value): string => "$value!");
        $connection = (new \ReflectionProperty($client, 'tasks'))->getValue($client);
        foreach ([$client, $future, $then, $connection, $connection->first()] as $object) {
            foreach ([static fn() => clone $object, static fn() => serialize([$object])] as $copy) {
                try {
                    $copy();
                    self::fail($object::class);
                } catch (\Throwable $e) {
                    self::assertStringContainsString('make a client inside the task', $e->getMessage());
                    self::assertStringContainsString($object::class, $e->getMessage());
                }
            }
        }
        try {
            $client->run('count', [[$client]]);
            self::fail();
        } catch (ClosureNotSerializable $e) {
            self::assertStringContainsString('make a client inside the task', $e->getMessage());
        }
        self::assertSame('there!', $then->await(), 'the attempts have harmed nothing');
    }

    public function testAForkedChildIsToldThatAFutureIsItsParents(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('slowly'), [0.2, 'of the parent']);
        $then = $future->then(static fn(string $text): string => $text);
        [$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $pid = pcntl_fork();
        if ($pid === 0) {
            $said = [];
            foreach ([$future, $then, $future] as $one) {
                try {
                    $one->await();
                } catch (\Throwable $e) {
                    $said[] = [$e::class, str_contains($e->getMessage(), 'parent')];
                }
            }
            fwrite($there, serialize($said));
            posix_kill(posix_getpid(), SIGKILL); // no shutdown functions of PHPUnit
        }
        fclose($there);
        $said = unserialize((string) stream_get_contents($here));
        pcntl_waitpid($pid, $status);

        self::assertSame(array_fill(0, 3, [ConnectionException::class, true]), $said);
        self::assertSame('of the parent', $then->await());
    }

    public function testRacesKeepNothingOfWhatTheyWereWith(): void
    {
        $client = self::client();
        $slow = $client->submit(self::task('sleeps'));
        $before = 0;
        for ($i = 0; $i < 800; $i++) {
            if ($i === 300) {
                $before = memory_get_usage();
            }
            Future::race([$slow, $client->submit('abs', [-1])]);
            Future::any([$slow, Future::completed(1)]);
            foreach (Future::iterate([$slow, Future::completed(1)]) as $_) {
                break;
            }
        }
        $more = memory_get_usage() - $before;
        $slow->cancel();

        self::assertLessThan(30_000, $more);
    }

    public function testChainsMayBeLong(): void
    {
        $limit = ini_set('memory_limit', '2G');
        $client = self::client();
        $future = $client->submit('abs', [0]);
        for ($i = 0; $i < 100_000; $i++) {
            $future = $future->then(static fn(int $n): int => $n + 1);
        }
        self::assertSame(100_000, $future->await());
        self::assertSame($client, $future->client());
        unset($future);
        $lost = $client->submit('abs', [0]);
        for ($i = 0; $i < 100_000; $i++) {
            $lost = $lost->then(static fn(int $n): int => $n + 1);
        }
        unset($lost);
        self::assertSame(1, $client->run('abs', [-1]));
        gc_collect_cycles();
        ini_set('memory_limit', (string) $limit);
    }

    public function testAFailureThatNobodyAwaitedIsReportedOnce(): void
    {
        $reported = [];
        $client = new Client(self::address(), onUnhandled: static function (\Throwable $e) use (&$reported): void {
            $reported[] = $e->getMessage();
        });
        $client->submit(self::task('throws'));
        $client->submit(self::task('throws'))->then(static fn() => 1)->finally(static fn() => 2);
        $awaited = $client->submit(self::task('throws'));
        $caught = $client->submit(self::task('throws'))->catch(static fn() => 'caught');
        $cancelled = $client->submit(self::task('sleeps'));
        $cancelled->cancel();
        Future::settled([$awaited, $caught, $client->submit('abs', [1])]);
        unset($awaited, $caught, $cancelled);
        $client->run(self::task('slowly'), [0.1, '']);
        gc_collect_cycles();

        self::assertSame(['no such order', 'no such order'], $reported);
        try {
            $client->all([self::task('throws'), self::task('throws')]);
            self::fail();
        } catch (\DomainException) {
            $client->run(self::task('slowly'), [0.3, '']);
        }
        unset($client);
        self::assertCount(2, $reported, 'all() has awaited them');
    }

    public function testTracesGoOnWhereTheTaskWasSubmitted(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('throws'));
        $line = __LINE__ - 1;
        try {
            $future->await();
            self::fail();
        } catch (\DomainException $e) {
            self::assertStringContainsString('submitted at ' . __FILE__ . ":$line", $e->getTraceAsString());
            self::assertStringContainsString('Future->await()', $e->getTraceAsString());
        }
        foreach (['map' => 'b', 'all' => 'b', 'imap' => 1.5] as $method => $key) {
            try {
                match ($method) {
                    'map' => $client->map(['a' => 1, 'b' => 2], self::task('fails on two')),
                    'all' => $client->all(['a' => 'time', 'b' => self::task('throws')]),
                    'imap' => iterator_to_array($client->imap((static fn() => yield 1.5 => 2)(), self::task('fails on two')), false),
                };
                self::fail();
            } catch (\RangeException | \DomainException $e) {
                self::assertMatchesRegularExpression(
                    '~submitted at ' . __FILE__ . ':\d+, key ' . preg_quote(var_export($key, true)) . '~',
                    strtr($e->getTraceAsString(), '"', "'"),
                );
            }
        }
        try {
            $client->run(self::task('sleeps'), timeout: 0.1);
            self::fail();
        } catch (TaskTimedOut $e) {
            self::assertSame([__FILE__, __LINE__ - 3], [$e->getFile(), $e->getLine()], 'the task has no place of its own');
        }
    }

    public function testErrorHandlersThatThrowChangeNothing(): void
    {
        set_error_handler(static function (int $level, string $message): never {
            throw new \ErrorException($message);
        });
        try {
            $client = self::client();
            self::assertSame(1, $client->run('abs', [-1]));
            stream_socket_shutdown($client->stream(), STREAM_SHUT_RDWR);
            self::assertSame(2, $client->run('abs', [-2]));
            self::assertSame(3, (new Client('/nowhere/at/all.sock', fallback: 'sync'))->run('abs', [-3]));
            $this->expectException(\B7s\Parallite\Exception\DaemonNotRunning::class);
            (new Client('/nowhere/at/all.sock'))->run('abs', [-3]);
        } finally {
            restore_error_handler();
        }
    }
}
