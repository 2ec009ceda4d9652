<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Tests\Support\PhpScript;
use B7s\Parallite\Tests\Support\RealDaemon;
use B7s\Parallite\Tests\Support\Revolt;
use PHPUnit\Framework\TestCase;

/**
 * Programs on Revolt with the real daemon: what happens in one fiber does not keep the others, and the loop, waiting.
 */
final class RevoltTest extends TestCase
{
    /** Counts while the loop is free, and notes what a fiber gets. */
    private const BEGINNING = <<<'PHP'
        use B7s\Parallite\Client;
        use B7s\Parallite\Future;
        use Revolt\EventLoop;

        $client = new Client();
        $client->all([fn() => 1, fn() => 2]); // both workers are there
        $notes = ['ticks' => 0];
        EventLoop::unreference(EventLoop::repeat(0.02, static function () use (&$notes): void {
            $notes['ticks']++;
        }));
        $later = static function (float $seconds, Closure $code): void {
            EventLoop::delay($seconds, static function () use ($code): void {
                $code();
            });
        };
        $fiber = static function (string $name, Closure $code) use (&$notes): void {
            EventLoop::queue(static function () use ($name, $code, &$notes): void {
                $began = $notes['ticks'];
                try {
                    $notes[$name] = $code();
                } catch (Throwable $e) {
                    $notes[$name] = $e::class;
                }
                $notes["$name waited"] = $notes['ticks'] - $began;
            });
        };
        PHP;

    private const END = 'EventLoop::run(); echo json_encode($notes);';

    protected function setUp(): void
    {
        if (Revolt::autoloader() === null) {
            self::markTestSkipped('Revolt is not installed; deploy/tools-for-tests brings it');
        }
    }

    /**
     * @param array<string, string> $environment
     * @return array<string, mixed> what it noted
     */
    private static function program(string $code, array $environment = []): array
    {
        $script = PhpScript::run(
            'require ' . var_export(Revolt::autoloader(), true) . ';' . self::BEGINNING . $code . self::END,
            $environment,
        );
        $notes = json_decode($script->output, true);
        self::assertIsArray($notes, $script->output);
        return $notes;
    }

    public function testTheExampleRuns(): void
    {
        $script = PhpScript::file(
            dirname(__DIR__, 2) . '/examples/revolt.php',
            options: ['-d', 'auto_prepend_file=' . Revolt::autoloader()],
        );

        self::assertSame(0, $script->exitCode, $script->output);
        foreach (['Amsterdam has answered', 'Berlin has answered', 'step one', 'step two', 'step three'] as $line) {
            self::assertStringContainsString("$line\n", $script->output);
        }
        self::assertLessThan(strpos($script->output, 'Amsterdam'), strpos($script->output, 'Berlin'));
        self::assertMatchesRegularExpression('/the clock went on ticking: ([4-9]|\d{2,}) times\n$/', $script->output);
    }

    public function testACancelledTaskFailsItsFiberOnly(): void
    {
        $notes = self::program(<<<'PHP'
            $future = $client->submit('sleep', [60]);
            $fiber('cancelled', static fn() => $future->await());
            $fiber('other', static fn() => $client->run('strrev', ['abc']));
            $later(0.2, static fn() => $future->cancel());
            PHP);

        self::assertSame('B7s\Parallite\Exception\TaskCancelled', $notes['cancelled']);
        self::assertSame('cba', $notes['other']);
        self::assertGreaterThan(3, $notes['cancelled waited']);
        self::assertLessThan(3_000, $notes['ticks'], 'it did not wait for the sleep of 60 s');
    }

    public function testTimeLimitsAndGivingUp(): void
    {
        $notes = self::program(<<<'PHP'
            $fiber('stopped', static fn() => $client->run('sleep', [60], timeout: 0.3));
            $fiber('gave up', static fn() => $client->submit('usleep', [600_000])->await(0.2));
            PHP);

        self::assertSame('B7s\Parallite\Exception\TaskTimedOut', $notes['stopped']);
        self::assertSame('B7s\Parallite\Exception\AwaitTimedOut', $notes['gave up']);
        self::assertGreaterThan(5, $notes['stopped waited']);
        self::assertGreaterThan(3, $notes['gave up waited']);
    }

    public function testManyWaysToWait(): void
    {
        $notes = self::program(<<<'PHP'
            $fiber('all', static fn() => $client->all(['a' => fn() => usleep(200_000), 'b' => fn() => 'b']));
            $fiber('map', static fn() => $client->map(['x' => 1, 'y' => 2], fn(int $n) => [usleep(200_000), $n * 2][1]));
            $fiber('imap', static function () use ($client): array {
                $values = [];
                foreach ($client->imap([3, 1], fn(int $n) => [usleep($n * 100_000), $n][1]) as $value) {
                    $values[] = $value;
                }
                return $values;
            });
            $fiber('first', static fn() => Future::any([$client->submit('intdiv', [1, 0]), $client->submit('pi')]));
            $fiber('pid', static fn() => is_int($client->ping()['pid']));
            PHP);

        self::assertSame(['a' => null, 'b' => 'b'], $notes['all']);
        self::assertSame(['x' => 2, 'y' => 4], $notes['map']);
        self::assertEqualsCanonicalizing([3, 1], $notes['imap']);
        self::assertSame(M_PI, $notes['first']);
        self::assertTrue($notes['pid']);
        self::assertGreaterThan(5, $notes['ticks']);
    }

    public function testAKilledDaemonFailsAllFibersAndTheLoopGoesOn(): void
    {
        $daemon = new RealDaemon(['PARALLITE_FIXED_WORKERS' => '2']);
        try {
            $notes = self::program(<<<'PHP'
                $pid = $client->ping()['pid'];
                $fiber('one', static fn() => $client->run('sleep', [60]));
                $fiber('two', static fn() => $client->run('sleep', [60]));
                $later(0.2, static fn() => posix_kill($pid, SIGKILL));
                $later(0.6, static fn() => $fiber('later', static fn() => $client->run('pi')));
                PHP, ['PARALLITE_SOCKET' => $daemon->socket]);
            $daemon->start();
            self::assertSame(['ticks'], array_keys(self::program('', ['PARALLITE_SOCKET' => $daemon->socket])));
        } finally {
            $daemon->stop();
        }

        self::assertSame('B7s\Parallite\Exception\ConnectionException', $notes['one']);
        self::assertSame('B7s\Parallite\Exception\ConnectionException', $notes['two']);
        self::assertSame('B7s\Parallite\Exception\DaemonNotRunning', $notes['later']);
        self::assertGreaterThan(10, $notes['ticks']);
    }
}
