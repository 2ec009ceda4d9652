<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\TaskCancelled;
use B7s\Parallite\Tests\Support\ClientTests;
use B7s\Parallite\Tests\Support\ManyTasksTests;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * The client against the daemon that PARALLITE_SOCKET names.
 */
final class ClientTest extends TestCase
{
    use ClientTests;
    use ManyTasksTests;

    public static function setUpBeforeClass(): void
    {
        if (getenv('PARALLITE_SOCKET') === false) {
            self::fail('PARALLITE_SOCKET must name the socket of a running daemon');
        }
    }

    private static function client(): Client
    {
        return new Client();
    }

    public function testWorkersAskForHugePages(): void
    {
        self::assertSame('1', self::client()->run('getenv', ['USE_ZEND_ALLOC_HUGE_PAGES']));
    }

    public function testTasksReportWhileTheyRun(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('reports'));
        $progress = [];
        $future->onProgress(static function (?float $fraction, ?string $message) use (&$progress): void {
            $progress[] = [$fraction, $message];
        });
        $steps = [];
        foreach ($future->stream() as $value) {
            self::assertInstanceOf(\DateTimeImmutable::class, $value['at']);
            $steps[] = $value['step'];
        }

        self::assertSame([1, 2, 3, 4], $steps);
        self::assertSame([1.0, 'step 4'], end($progress), 'the last one is always told');
        self::assertSame('reported', $future->await());
    }

    public function testTasksOfOthersAreFollowed(): void
    {
        $id = 'followed-' . bin2hex(random_bytes(4));
        $task = static function (): string {
            usleep(300_000);
            \B7s\Parallite\Task::progress(0.5, 'half');
            \B7s\Parallite\Task::emit('seen');
            return 'done';
        };
        $submitted = self::client()->submit(Closure::bind($task, null, null), id: $id);
        $future = self::client()->future($id);
        $progress = null;
        $future->onProgress(static function (?float $fraction, ?string $message) use (&$progress): void {
            $progress = [$fraction, $message];
        });

        self::assertSame(['seen'], iterator_to_array($future->stream()));
        self::assertSame([0.5, 'half'], $progress);
        self::assertSame('done', $future->await());
        self::assertSame('done', $submitted->await());
    }

    public function testATaskThatIsCancelledMayCleanUp(): void
    {
        $file = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        $client = self::client();
        $future = $client->submit(self::task('until cancelled'), [$file]);
        while ($client->status($future->id())['status'] !== 'running') {
            usleep(2_000);
        }
        usleep(100_000);
        self::assertTrue($future->cancel(grace: 10.0));
        try {
            $future->await(5.0);
            self::fail();
        } catch (TaskCancelled) {
            for ($i = 0; $i < 1_000 && !is_file($file); $i++) {
                usleep(5_000);
                clearstatcache();
            }
            self::assertStringEqualsFile($file, 'cleaned up');
        } finally {
            @unlink($file);
        }
    }
}
