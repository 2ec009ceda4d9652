<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Tests\Support\LaravelApplication;
use B7s\Parallite\Tests\Support\MariaDb;
use LogicException;
use PHPUnit\Framework\TestCase;

/**
 * Tasks of a Laravel application with a database server.
 */
final class LaravelDatabaseTest extends TestCase
{
    private static ?LaravelApplication $application = null;

    private static ?MariaDb $server = null;

    public static function setUpBeforeClass(): void
    {
        $framework = LaravelApplication::framework();
        if ($framework === null || !is_file("$framework/Illuminate/Concurrency/ConcurrencyManager.php")) {
            self::markTestSkipped('there is no Laravel with Concurrency to test with; deploy/tools-for-tests brings one');
        }
        $objection = MariaDb::objection();
        if ($objection !== null) {
            self::markTestSkipped("it needs a database server: $objection");
        }
        self::$server = MariaDb::start();
        self::$application = new LaravelApplication(
            sys_get_temp_dir() . '/parallite-database-' . bin2hex(random_bytes(6)),
            "CONCURRENCY_DRIVER=parallite\nDB_SOCKET=" . self::$server->socket . "\n",
        );
        self::$application->artisan('parallite:start', '--detach');
    }

    public static function tearDownAfterClass(): void
    {
        self::$application?->artisan('parallite:stop');
        self::$application?->remove();
        self::$server?->stop();
    }

    /** @return array<array-key, mixed> */
    private static function scenario(string $name): array
    {
        return self::$application?->scenario($name) ?? throw new LogicException('there is no application');
    }

    public function testEachForkHasAConnectionOfItsOwnAndTheTemplateHasNone(): void
    {
        [$ours, $tasks, $open] = self::scenario('connections of forks');

        self::assertCount(3, array_unique(array_column($tasks, 0)));
        self::assertCount(4, array_unique([$ours, ...array_column($tasks, 1)]));
        self::assertSame(1, $open, 'that of the program');
    }

    public function testTasksListenToQueries(): void
    {
        self::assertSame([['select 1', 'shop']], self::scenario('listener'));
    }

    public function testTransactionThatATaskLeavesOpenIsRolledBack(): void
    {
        [[$pid, $id, $inserted], [$samePid, $sameId, $found, $level], $amount] = self::scenario('open transaction');

        self::assertSame([$pid, $id], [$samePid, $sameId], 'one worker, one connection');
        self::assertSame([1, 0, 0, 20], [$inserted, $found, $level, $amount]);
    }

    public function testConnectionThatIsLostIsMadeAnew(): void
    {
        [[$pid, $id], [$second, $newId], $failure, [$third, $newest]] = self::scenario('lost connection');

        self::assertSame([$pid, $pid], [$second, $third], 'the worker stays');
        self::assertCount(3, array_unique([$id, $newId, $newest]));
        self::assertStringContainsString('gone away', $failure);
    }
}
