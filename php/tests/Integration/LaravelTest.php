<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Daemon\Launcher;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Exception\TaskTimedOut;
use B7s\Parallite\Tests\Support\LaravelApplication;
use B7s\Parallite\Tests\Support\PhpScript;
use DomainException;
use Illuminate\Database\Eloquent\ModelNotFoundException;
use Illuminate\Http\Client\RequestException;
use Illuminate\Support\Facades\Route;
use Illuminate\Validation\ValidationException;
use Laravel\SerializableClosure\Exceptions\InvalidSignatureException;
use LogicException;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpKernel\Exception\HttpException;

/**
 * The driver and the commands in an application of a real Laravel, with a daemon that Artisan starts.
 */
final class LaravelTest extends TestCase
{
    private static ?LaravelApplication $application = null;

    private static string $directory = '';

    private static string $started = '';

    public static function setUpBeforeClass(): void
    {
        if (LaravelApplication::framework() === null) {
            self::markTestSkipped('there is no Laravel to test with; deploy/tools-for-tests brings one');
        }
        self::$directory = sys_get_temp_dir() . '/parallite-laravel-' . bin2hex(random_bytes(6));
        self::$application = new LaravelApplication(self::$directory);
        self::$started = self::artisan('parallite:start', '--detach')->output;
    }

    public static function tearDownAfterClass(): void
    {
        if (self::$application !== null) {
            self::artisan('parallite:stop');
            self::$application->remove();
        }
    }

    private static function needsTheRealConcurrency(): void
    {
        if (!is_file(LaravelApplication::framework() . '/Illuminate/Concurrency/ConcurrencyManager.php')) {
            self::markTestSkipped('this Laravel is older than its Concurrency: ' . self::artisan('--version')->output);
        }
    }

    private static function artisan(string ...$arguments): PhpScript
    {
        return self::$application?->artisan(...$arguments) ?? throw new LogicException('there is no application');
    }

    private static function scenario(string $name): mixed
    {
        return self::$application?->scenario($name);
    }

    public function testArtisanStartsAndShowsTheDaemon(): void
    {
        self::assertStringContainsString('listens at ' . self::$directory . '/storage/framework/parallite.sock', self::$started);
        $status = self::artisan('parallite:status');
        self::assertSame(0, $status->exitCode);
        self::assertMatchesRegularExpression('/workers +\| \d idle, 0 busy/', $status->output);
        $stats = json_decode(self::artisan('parallite:status', '--json')->output, true);
        self::assertTrue($stats['running']);
        self::assertSame([1, 4], [$stats['pool']['fixed_workers'], $stats['pool']['max_workers']]);
        self::assertStringContainsString('already', self::artisan('parallite:start')->output);
        $about = self::artisan('about');
        if ($about->exitCode === 0) { // Laravel 9.21
            self::assertMatchesRegularExpression('/Parallite .*Daemon \.+ RUNNING, version/s', $about->output);
        }
    }

    public function testItsFacadeRunsTasksByDefault(): void
    {
        self::needsTheRealConcurrency();

        $expected = [['b' => 'second', 'a' => 'first'], ['shop', Route::class], 'parallite'];
        self::assertSame($expected, self::scenario('facade'));
    }

    public function testItsIntervalsAreTimeouts(): void
    {
        self::needsTheRealConcurrency();
        [$class, $message] = self::scenario('interval');

        self::assertSame(TaskTimedOut::class, $class);
        self::assertStringContainsString('timeout_ms=600 ', $message);
    }

    public function testDeferredTasksAreHandedOverAfterTheResponse(): void
    {
        self::needsTheRealConcurrency();

        self::assertSame(['the report', [false, false], true, true], self::scenario('response'));
    }

    public function testItsContextGoesToTheTaskAndBackAndNoFurther(): void
    {
        self::needsTheRealConcurrency();

        self::assertSame([
            [['request' => ['id' => 1]], ['token' => 'secret'], 'de'],
            'done',
            [['request' => ['id' => 1], 'order' => 7], ['token' => 'secret', 'card' => 'number']],
            [[], [], 'en'],
        ], self::scenario('context'));
    }

    public function testNothingLeaksOutOfAnIsolatedTask(): void
    {
        self::needsTheRealConcurrency();
        [[$first, [$second, $left]], [$isolated, [$other, $leftByIsolated]]] = self::scenario('leaks');

        self::assertSame($first, $second, 'of the tasks that share a worker');
        self::assertSame([
            'binding', 'singleton', 'session', 'request', 'URL root', 'paginator', 'view', 'disk', 'connection', 'DB::listen',
            'macro', 'Gate::before', 'model event', 'constant',
        ], $left);
        self::assertNotSame($isolated, $other);
        self::assertSame([], $leftByIsolated);
    }

    public function testTasksAreForkedWithoutTheConnectionsOfTheBoot(): void
    {
        $tasks = self::scenario('forks');

        self::assertCount(3, array_unique(array_column($tasks, 0)), 'each has a worker of its own, by default');
        foreach ($tasks as [$pid, $connected, $script]) {
            self::assertSame([$pid, $pid], $connected, 'whose connections they are');
            self::assertSame('Standard input code', $script, 'it was forked');
        }
        $log = (string) file_get_contents(self::$directory . '/storage/logs/parallite.log');
        self::assertStringNotContainsString('have left open', $log, 'files of logs are closed, too');
    }

    public function testModelsTravelByTheirKeys(): void
    {
        if (!extension_loaded('pdo_sqlite')) {
            self::markTestSkipped('it needs a database, and there is no pdo_sqlite');
        }
        self::assertSame(['as it is now'], self::scenario('model'));
    }

    public function testClosuresOfOneLineAreToldApartByTheirKeys(): void
    {
        self::assertSame([1, 2], self::scenario('one line'));
    }

    public function testKeepsKeysAndOrder(): void
    {
        self::assertSame(['second' => 2, 'first' => 1], self::scenario('keys'));
    }

    public function testTasksGetWhatTheyAskTheContainerFor(): void
    {
        self::assertSame([['shop', true, 'en', basename(self::$directory)]], self::scenario('injection'));
    }

    public function testResultsKeepTheirTypes(): void
    {
        self::assertSame('Illuminate\Support\Collection 2026', self::scenario('types'));
    }

    public function testFirstFailureIsThrownAsItself(): void
    {
        self::assertSame([DomainException::class, 'first'], self::scenario('failure'));
    }

    public function testItsTestsNeedNoDaemonAndTasksTellOfThemselves(): void
    {
        self::needsTheRealConcurrency();

        self::assertSame([
            ['users' => 'scripted', 'orders' => 'is run'],
            ['TaskStarting orders@scenarios.php', null, 'TaskFinished orders@scenarios.php', null],
            ['TaskStarting bad@scenarios.php', null, 'TaskFinished bad@scenarios.php', 'no'],
        ], self::scenario('events'));
    }

    public function testItsExceptionsAreWhatTheyWereInTheWorker(): void
    {
        self::needsTheRealConcurrency(); // the application has no services for validation with an older one

        self::assertSame([
            [ValidationException::class, ['name' => ['is missing']], 422, 'default'],
            [RequestException::class, 503, ['busy' => true], '9'],
            [HttpException::class, 418, ['X-Pot' => 'short'], 'tea'],
        ], self::scenario('exceptions'));
    }

    public function testCapturedModelThatIsGoneIsItsOwnException(): void
    {
        if (!extension_loaded('pdo_sqlite')) {
            self::markTestSkipped('it needs a database, and there is no pdo_sqlite');
        }
        self::assertSame(ModelNotFoundException::class, self::scenario('model that is gone')[0]);
    }

    public function testLaravelHandlesErrorsInEachTask(): void
    {
        self::assertSame([1, 'Undefined variable $undefined'], self::scenario('notice'));
    }

    public function testClosuresThatLaravelWouldMixUpAreRefused(): void
    {
        self::assertSame(ClosureNotSerializable::class, self::scenario('trap')[0]);
    }

    public function testConcurrencyIsLimited(): void
    {
        self::assertSame(2, self::scenario('concurrency'));
    }

    public function testTimeoutEndsATask(): void
    {
        self::assertSame(TaskTimedOut::class, self::scenario('timeout')[0]);
    }

    public function testStateIsResetBetweenTasks(): void
    {
        [$pid, $state] = self::scenario('reset');

        self::assertSame([
            'pid' => $pid,
            'locale' => ['en', 'en'],
            'config' => ['shop', null],
            'user' => false,
            'connection' => 'main',
            'transactions' => [0, 1, 1],
            'cache' => null,
            'now' => false,
            'scoped' => false,
            'flushed' => false,
            'kept' => true,
        ], $state);
    }

    public function testWhatATaskDefersIsDoneAfterIt(): void
    {
        self::assertSame(['later', 'deferred'], self::scenario('deferred in a task'));
    }

    public function testDeferredTasksRunUnattendedAndReportTheirFailures(): void
    {
        self::assertSame(['before' => false, 'waits' => false, 'after' => true], self::scenario('defer'));
        $log = self::$directory . '/storage/logs/laravel.log';
        for ($i = 0; $i < 1_000 && !str_contains((string) @file_get_contents($log), 'nobody awaits this'); $i++) {
            usleep(10_000);
        }
        self::assertStringContainsString('nobody awaits this', (string) file_get_contents($log));
    }

    public function testClosuresAreSignedWithTheKeyOfTheApplication(): void
    {
        [$class, $message] = self::scenario('signature');

        self::assertSame(TaskException::class, $class);
        self::assertStringContainsString(InvalidSignatureException::class, $message);
    }

    public function testArtisanIsTheDaemonAndStopsIt(): void
    {
        self::assertStringContainsString('has ended', self::artisan('parallite:stop')->output);
        $status = self::artisan('parallite:status');
        self::assertSame(1, $status->exitCode);
        self::assertStringContainsString('no Parallite daemon listens', $status->output);
        self::assertStringContainsString('start it with `php artisan parallite:start`', $status->output);
        self::assertSame(0, self::artisan('parallite:stop')->exitCode, 'nothing to stop is no failure');

        $pid = pcntl_fork();
        if ($pid === 0) {
            self::become();
        }
        for ($i = 0; $i < 1_000 && self::artisan('parallite:status')->exitCode !== 0; $i++) {
            usleep(50_000);
        }
        $stats = json_decode(self::artisan('parallite:status', '--json')->output, true);
        self::assertTrue(Launcher::isAlive($pid));
        posix_kill($pid, SIGTERM);
        pcntl_waitpid($pid, $exit);
        self::assertTrue($stats['running']);
        self::assertSame(1, self::artisan('parallite:status')->exitCode);
    }

    /** In the foreground, as a supervisor does: the process becomes the daemon. */
    private static function become(): never
    {
        chdir(self::$directory);
        fclose(STDERR);
        pcntl_exec(PHP_BINARY, ['artisan', 'parallite:start'], [
            'LARAVEL_FOR_TESTS' => (string) LaravelApplication::framework(),
            'PARALLITE_PACKAGE' => dirname(__DIR__, 2),
            'PARALLITE_BIN' => (string) getenv('PARALLITE_BIN'),
            'PATH' => (string) getenv('PATH'),
        ]);
        exit(1);
    }
}
