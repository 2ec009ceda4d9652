<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Daemon\Launcher;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Exception\TaskTimedOut;
use B7s\Parallite\Exception\WorkerCrashed;
use B7s\Parallite\Laravel\DumpedAndDied;
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

    private static function application(): LaravelApplication
    {
        return self::$application ?? throw new LogicException('there is no application');
    }

    /** @param array<string, string> $environment */
    private static function runs(string $scenario, array $environment = []): PhpScript
    {
        return self::application()->php('run.php', [$scenario], $environment);
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
            'binding', 'singleton', 'connection', 'DB::listen', 'macro', 'Gate::before', 'model event', 'constant',
        ], $left);
        self::assertNotSame($isolated, $other);
        self::assertSame([], $leftByIsolated);
    }

    public function testScopedInstancesOfAnIsolatedTaskAreDestroyedWithIt(): void
    {
        self::needsTheRealConcurrency();
        self::assertSame('written', self::scenario('destructor'));
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

    public function testATaskOfATaskInTheSameLineIsNotTheTaskItself(): void
    {
        self::needsTheRealConcurrency();

        self::assertSame([[[3]], [[4]]], self::scenario('nested in one line'));
    }

    public function testNamesWhatOfTheContextCannotTravel(): void
    {
        self::needsTheRealConcurrency();

        [$later, $now] = self::scenario('a closure in the Context');

        self::assertStringStartsWith("what the Context has as \"later\" can't go from one process to another: ", $later);
        self::assertStringStartsWith("what the Context has as \"now\" can't go ", $now);
    }

    public function testNamesWhatNoContainerCanGive(): void
    {
        $seen = self::scenario('a value required');

        self::assertStringStartsWith('the task strlen(...) requires $string, ', $seen[0]);
        self::assertStringStartsWith('the task requires $n, and the container ', $seen[1]);
        self::assertStringStartsWith('the task requires $any, ', $seen[2]);
        self::assertSame(5, $seen[3]);
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
            'config' => ['shop', false],
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

    public function testLogsSayWhereATaskFailedAndWhereItWasSubmitted(): void
    {
        self::needsTheRealConcurrency();
        [[$class, $isHere, $line, $own], [$exited, $ofExit], $log] = self::scenario('reported');

        self::assertSame([DomainException::class, true, 4], [$class, $isHere, $line]);
        self::assertStringStartsWith('users@scenarios.php:', (string) strstr($own['task_id'], 'users@'));
        self::assertStringEndsWith('/scenarios.php', $own['remote_file']);
        unset($own['task_id'], $own['remote_file'], $own['remote_trace']);
        self::assertSame([
            'error_code' => 'EXCEPTION',
            'remote_class' => DomainException::class,
            'remote_line' => 4,
            'output' => 'counted 3',
            'submitted_at' => 'scenarios.php 1',
        ], $own);
        self::assertSame([WorkerCrashed::class, 'EXITED', 'scenarios.php 7'], [$exited, $ofExit['error_code'], $ofExit['submitted_at']]);
        foreach (['remote_file', 'remote_trace', 'counted 3', 'submitted_at', 'submitted at'] as $part) {
            self::assertStringContainsString($part, $log);
        }
    }

    public function testTheDebugPageShowsBothPlaces(): void
    {
        self::needsTheRealConcurrency();
        [$line, [$status, $html], [$statusOfJson, $json]] = self::scenario('debug page');

        self::assertSame([500, 500], [$status, $statusOfJson]);
        self::assertStringContainsString('bad page', $html);
        self::assertMatchesRegularExpression("/scenarios\.php\D{1,200}$line\D/s", $html, 'the line of the closure');
        self::assertStringContainsString('submitted at', $html);
        $page = json_decode($json, true);
        self::assertSame(['scenarios.php', $line], [basename($page['file']), $page['line']]);
        self::assertStringContainsString('{submitted at', $json);
    }

    public function testDumpsOfTasksAreShownOnceWithTheirPlace(): void
    {
        self::needsTheRealConcurrency();
        $output = self::runs('dump')->output;
        $lines = preg_grep('~//~', explode("\n", $output));

        $place = 'scenarios\.php:\d+';
        $ends = array_map(static fn(string $line): string => (string) preg_replace("~$place~", '…', $line), array_values($lines));
        self::assertSame([
            '] // … in task a@…',
            'label "of two" // … in task a@…',
            '] // … in task a@…',
            '"innermost" // … in task inner@… in task nested@…',
        ], $ends, $output);
        $result = json_decode(substr($output, (int) strrpos($output, "\n") + 1), true)['result'];
        self::assertSame(['done', ['inner' => 'innermost']], [$result['a'], $result['nested']]);
        self::assertMatchesRegularExpression('~^"without the driver" // .*scenarios\.php:\d+\n$~', $result['raw']);
    }

    public function testDumpsAreHtmlWhereOthersAre(): void
    {
        self::needsTheRealConcurrency();

        $output = self::runs('dump', ['VAR_DUMPER_FORMAT' => 'html'])->output;
        self::assertSame(1, substr_count($output, 'of two'));
        self::assertMatchesRegularExpression('~<small>// scenarios\.php:\d+ in task a@scenarios\.php:\d+</small>~', $output);
    }

    public function testDumpsOfTasksOfARequestAreInItsPage(): void
    {
        self::needsTheRealConcurrency();
        $free = stream_socket_server('tcp://127.0.0.1:0');
        $address = (string) stream_socket_get_name($free, false);
        fclose($free);
        $environment = array_filter(LaravelApplication::environment() + getenv(), is_string(...));
        $log = ['file', self::$directory . '/http.log', 'a'];
        $command = [PHP_BINARY, '-S', $address, 'http.php'];
        $server = proc_open($command, [['file', '/dev/null', 'r'], $log, $log], $pipes, self::$directory, $environment);
        try {
            for ($i = 0; $i < 1_000 && ($page = @file_get_contents("http://$address/page")) === false; $i++) {
                usleep(20_000);
            }
        } finally {
            proc_terminate($server);
            proc_close($server);
        }

        self::assertSame(1, substr_count((string) $page, 'seen in a page</span>'), (string) $page);
        self::assertMatchesRegularExpression('~<small>// http\.php:\d+ in task a@http\.php:\d+</small>~', (string) $page);
        self::assertStringEndsWith('seen in a page!', (string) $page);
    }

    public function testDdEndsATaskWithAnAnswer(): void
    {
        self::needsTheRealConcurrency();
        $output = self::runs('dd')->output;

        self::assertMatchesRegularExpression('~^1\W+the last" // scenarios.*\n2\W+words" // scenarios~', $output);
        $answer = json_decode(substr($output, (int) strrpos($output, "\n") + 1), true);
        self::assertSame(DumpedAndDied::class, $answer['exception']);
        self::assertMatchesRegularExpression(
            '/^the task a@scenarios\.php:\d+ was ended by dd\(\) at scenarios\.php:\d+$/D',
            $answer['message'],
        );
    }

    public function testWhatDeferredTasksDumpIsLogged(): void
    {
        self::needsTheRealConcurrency();

        self::assertMatchesRegularExpression(
            '~a deferred task called dump\(\): "nobody looks" // scenarios\.php:\d+~',
            self::scenario('dump unattended'),
        );
    }

    public function testWhatATaskLeavesForLaterIsDoneOnceAndGone(): void
    {
        self::needsTheRealConcurrency();
        [[$pid, $isEarly, $terminated], [$second, $lines, $then], [$third, $still, $last]] = self::scenario('left for later');

        self::assertSame([$pid, $pid], [$second, $third], 'one worker');
        self::assertFalse($isEarly);
        self::assertSame([['deferred', 'terminating', 'dispatched'], $lines], [$lines, $still]);
        self::assertSame([1, 2], [$then - $terminated, $last - $terminated], 'of the boot, after each task');
        self::assertStringContainsString(
            'nobody catches this',
            (string) file_get_contents(self::$directory . '/storage/logs/laravel.log'),
        );
    }

    public function testTasksOfTheClientMayDeferAsWell(): void
    {
        self::needsTheRealConcurrency();

        self::assertSame(['x', 'x'], self::scenario('left by tasks of the client'));
    }

    public function testTheUserIsCarriedWhereThatIsAskedFor(): void
    {
        self::needsTheRealConcurrency();
        [$guest, $user, $without, $message] = self::scenario('user');

        self::assertSame(['double', null], array_slice($guest, 0, 2));
        $lookups = $user[2];
        self::assertSame(
            ['people', 7, $lookups, 'person 7', 'person 7', $lookups + 1, true, 'of the real guard'],
            $user,
            'it is looked up once, when it is asked for',
        );
        self::assertSame(['double', null], array_slice($without, 0, 2));
        self::assertStringContainsString('`carry` in config/parallite.php names "session"', $message);
    }

    public function testTasksMayBeMethods(): void
    {
        self::needsTheRealConcurrency();
        $results = self::scenario('named');

        self::assertSame(['total of shop', '7 of shop', 'secret', 'without $this'], array_slice($results, 0, 4));
        self::assertIsInt($results['php']);
    }

    public function testTasksMayBeMethodsThatAClassHasInherited(): void
    {
        self::needsTheRealConcurrency();

        self::assertSame([true, 'main', 2, false], self::scenario('named by heirs'));
    }

    public function testContextOfTheCallerKeepsItsObjects(): void
    {
        self::needsTheRealConcurrency();

        self::assertSame([true, 7, 0], self::scenario('context of objects'));
    }

    public function testRedirectOfATaskIsTheResponse(): void
    {
        self::needsTheRealConcurrency();

        self::assertSame([303, 'http://localhost/login', 'guest'], self::scenario('redirect'));
    }

    public function testServicesThatAreCapturedAreNamedWithWhatToDo(): void
    {
        self::needsTheRealConcurrency();
        $messages = self::scenario('services');

        $starts = "the closure can't travel: ";
        self::assertSame(array_map(static fn(string $message): string => $starts . $message, [
            'service' => '$reports->databases is a Illuminate\Database\DatabaseManager, which belongs to this process; ask for it as a '
                . 'parameter of the closure, which the worker\'s container provides: fn (App\Reports $reports) => …',
            'method' => '$this->databases is a Illuminate\Database\DatabaseManager, which belongs to this process; write a closure, and '
                . 'ask for it as its parameter: static fn (App\Reports $service) => $service->run()',
            'object' => '$this->databases is a Illuminate\Database\DatabaseManager, which belongs to this process; make the closure '
                . 'static, and ask for it as a parameter, which the worker\'s container provides: static fn '
                . '(Illuminate\Database\DatabaseManager $databaseManager) => …',
            'request' => '$request is a Illuminate\Http\Request, which belongs to this process; take what it needs of the request '
                . 'before, and pass that',
            'application' => '$app is a Illuminate\Foundation\Application, which belongs to this process; ask for it as a parameter of '
                . 'the closure, which the worker\'s container provides: fn (Illuminate\Foundation\Application $app) => …',
            'deep' => "\$data['deep'][0]->log is a Illuminate\\Log\\LogManager, which belongs to this process; ask for it as a parameter of "
                . 'the closure, which the worker\'s container provides: fn (Illuminate\Log\LogManager $data) => …',
            'component' => '$this is a App\Counter, which belongs to this process; make the closure static (static fn), and pass it the '
                . 'values that it needs',
            'query' => '$query is a Illuminate\Database\Query\Builder, which belongs to this process; build the query in the closure',
        ]), $messages);
    }

    public function testAllThatIsResetIsFoundWithoutThat(): void
    {
        self::needsTheRealConcurrency();
        $answer = self::application()->php('resets.php');
        $found = json_decode($answer->output, true);

        self::assertIsArray($found, $answer->output);
        self::assertTrue($found['keeps'], 'connections of the configuration as it is');
        foreach ($found['found'] as $name => $dirty) {
            self::assertIsArray($dirty, "$name: " . json_encode($dirty));
            self::assertNotEmpty($dirty[0], "$name: a task changes it");
            self::assertEmpty($dirty[1], "$name: it is put back, not " . json_encode($dirty[1]));
        }
        $parts = 'connection, dynamic connection, disk, disk of no configuration, store, queue, channel, broadcaster, key';
        $ofChanged = 'connections, disks, stores, queues, channels and keys of changed configuration';
        self::assertSame($parts, implode(', ', $found['found'][$ofChanged][0]));
        $docs = (string) file_get_contents(dirname(__DIR__, 3) . '/src/docs/laravel.md');
        preg_match_all('/^\| ([^|]+?) +\| [^|]+\|$/m', (string) strstr((string) strstr($docs, '## What is put back'), '| ---', false), $rows);
        self::assertSame(array_keys($found['found']), array_slice($rows[1], 1), 'the documentation has the same list');
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
