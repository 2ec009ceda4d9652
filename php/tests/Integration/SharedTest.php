<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use ArrayObject;
use B7s\Parallite\Client;
use B7s\Parallite\Exception\RemoteException;
use B7s\Parallite\Exception\SharedValueGone;
use B7s\Parallite\Shared;
use B7s\Parallite\Tests\Support\RealDaemon;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * Values that tasks share, with the daemon that PARALLITE_SOCKET names.
 */
final class SharedTest extends TestCase
{
    /** @return array<string, Closure> written outside of this class, which workers don't know */
    private static function tasks(): array
    {
        return Closure::bind(static fn(): array => require __DIR__ . '/../Support/sharing.php', null, null)();
    }

    /** @return list<array<string, mixed>> */
    private static function table(): array
    {
        return array_map(static fn(int $n): array => ['n' => $n, 'square' => $n * $n, 'text' => "row $n"], range(0, 2_000));
    }

    public function testTasksFindTheValueWhetherCapturedOrPassed(): void
    {
        $client = new Client();
        $table = $client->share(self::table());
        ['captured' => $captured, 'passed' => $passed] = self::tasks();

        self::assertSame([9, 16, 25], $client->map([3, 4, 5], $captured($table)));
        self::assertSame(36, $client->run($passed, [$table, 6]));
        self::assertSame(49, $client->submit($passed, ['row' => 7, 'table' => $table])->await());
        self::assertSame([64, 81], $client->all([$captured($table, 8), $captured($table, 9)]));
        self::assertSame([0, 1, 4, 9], $client->map(range(0, 3), $captured($table), chunk: 2));
        self::assertSame([100], $client->map([10], $captured($table), isolate: true));
        self::assertSame(self::table(), $table->value());
    }

    public function testOneWorkerLoadsPlainDataOnce(): void
    {
        $client = new Client();
        $table = $client->share([...self::table(), bin2hex(random_bytes(20))]); // which no other test has had loaded
        $loads = self::tasks()['is loaded'];

        $seen = $client->map(range(1, 200), $loads($table));

        $byWorker = [];
        foreach ($seen as [$worker, $wasLoaded]) {
            $byWorker[$worker][] = $wasLoaded;
        }
        foreach ($byWorker as $worker => $were) {
            $loads = array_filter($were, static fn(bool $was): bool => !$was);
            self::assertLessThanOrEqual(1, count($loads), "loads of $worker"); // a fork may have it from its template
        }
    }

    public function testTheProgramKeepsPlainDataOnceWhenTheDaemonHasIt(): void
    {
        $client = new Client();
        $size = 4 << 20;
        $passed = self::tasks()['length'];
        $text = str_repeat(bin2hex(random_bytes(16)), $size >> 5);
        $client->run($passed, [$client->share('small')]);
        $before = memory_get_usage();

        $shared = $client->share($text);

        self::assertLessThan($before + ($size >> 1), memory_get_usage());
        self::assertSame($size, $client->run($passed, [$shared]));
        self::assertLessThan($before + ($size >> 1), memory_get_usage());
        self::assertSame($text, $shared->value());
    }

    public function testNoTaskMeetsWhatAnotherHasChanged(): void
    {
        $client = new Client();
        ['append' => $append] = self::tasks();
        $object = new ArrayObject([1]);
        $cell = 1;
        $references = [&$cell, &$cell];

        self::assertSame(array_fill(0, 30, 2), $client->map(range(1, 30), $append($client->share($object))));
        self::assertSame(array_fill(0, 30, 2), $client->map(range(1, 30), $append($client->share([1]))));
        self::assertSame(array_fill(0, 30, [5, 5]), $client->map(range(1, 30), $append($client->share($references))));
        self::assertSame([1], $object->getArrayCopy());
    }

    public function testClosuresAreShared(): void
    {
        $client = new Client();
        ['calling' => $calling, 'double' => $double] = self::tasks();

        self::assertSame([2, 4], $client->map([1, 2], $calling($client->share($double))));
    }

    public function testTasksOfTasksShareIt(): void
    {
        $client = new Client();
        $table = $client->share(self::table());

        self::assertSame(121, $client->run(self::tasks()['nested'], [$table, 11]));
    }

    public function testDetachedTasksKeepIt(): void
    {
        $client = new Client();
        $table = $client->share(self::table());
        $task = self::tasks()['slowly'];
        $id = $client->submit($task, [$table, 12], detach: true)->id();
        unset($table, $client);

        self::assertSame(144, (new Client())->await($id));
    }

    public function testTheDaemonLetsGoOfWhatNobodyUses(): void
    {
        $client = new Client();
        $other = new Client();
        $before = $other->stats()['shared']['unused'];
        $value = $client->share(['unique' => bin2hex(random_bytes(20))]);
        $again = $client->share($value->value());
        unset($value);
        $client->ping();
        $client->run('pi');
        self::assertSame($before, $other->stats()['shared']['unused'], 'an equal one is in use');

        unset($again);
        $client->run('pi');

        self::assertSame($before + 1, $other->stats()['shared']['unused']);
    }

    public function testAForkedChildSharesOverItsOwnConnection(): void
    {
        $client = new Client();
        $table = $client->share(self::table());
        $task = self::tasks()['captured']($table);
        $pid = pcntl_fork();
        if ($pid === 0) {
            $isRight = false;
            try {
                $isRight = $client->map([13], $task) === [169];
            } finally {
                posix_kill(getmypid(), $isRight ? SIGKILL : SIGTERM); // without the shutdown functions of the tests
            }
        }
        pcntl_waitpid($pid, $status);

        self::assertSame(SIGKILL, pcntl_wtermsig($status));
        self::assertSame([196], $client->map([14], $task));
    }

    public function testValuesAreSentAgainToADaemonThatWasRestarted(): void
    {
        $daemon = new RealDaemon(['PARALLITE_FIXED_WORKERS' => '1']);
        try {
            $client = new Client($daemon->socket);
            $object = new ArrayObject([1]);
            [$table, $shared] = [$client->share(self::table()), $client->share($object)];
            $object[] = 'a change after it was shared';
            ['captured' => $captured, 'append' => $append] = self::tasks();
            self::assertSame([225], $client->map([15], $captured($table)));
            $daemon->end();
            $daemon->start();

            self::assertSame([256], $client->map([16], $captured($table)));
            self::assertSame([2], $client->map([1], $append($shared)));
        } finally {
            $daemon->stop();
        }
    }

    public function testForksFindLoadedWhatTheirTemplateHasLoaded(): void
    {
        $daemon = new RealDaemon(['PARALLITE_FIXED_WORKERS' => '1', 'PARALLITE_WORKER_START' => 'fork', 'PARALLITE_ISOLATION' => 'task']);
        try {
            $client = new Client($daemon->socket);
            $table = $client->share(self::table());
            $task = self::tasks()['is loaded'];
            $workers = [];
            do { // the forks that are ready when it is shared are without
                [[$workers[], $isLoaded]] = $client->map([1], $task($table));
            } while (!$isLoaded && count($workers) < 200);

            self::assertTrue($isLoaded);
            self::assertSame($workers, array_unique($workers), 'each task has a worker of its own');
        } finally {
            $daemon->stop();
        }
    }

    public function testAnObjectFromElsewhereHasNoValue(): void
    {
        $shared = unserialize('O:20:"B7s\Parallite\Shared":1:{i:0;s:64:"' . str_repeat('0', 64) . '";}');
        self::assertInstanceOf(Shared::class, $shared);

        $this->expectException(SharedValueGone::class);
        $shared->value();
    }

    public function testTasksAreToldWhatIsGone(): void
    {
        $client = new Client();
        $payload = serialize([str_repeat('0', 64)]);

        try {
            $client->run(self::tasks()['gone'], [$payload]);
            self::fail('there is no such value');
        } catch (SharedValueGone|RemoteException $e) {
            self::assertStringContainsString('does not keep the shared value 000', $e->getMessage());
        }
    }

    public function testWithoutADaemonItIsTheValue(): void
    {
        $client = new Client('/nowhere/socket', fallback: Client::SYNC);
        $table = $client->share(self::table());

        self::assertSame([9, 16], $client->map([3, 4], self::tasks()['captured']($table)));
    }
}
