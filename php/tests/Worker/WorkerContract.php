<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Tests\Support\WorkerProcess;
use Closure;
use Laravel\SerializableClosure\SerializableClosure as LaravelClosure;
use Opis\Closure\SerializableClosure as OpisClosure;
use Opis\Closure\Serializer as Opis4;
use PHPUnit\Framework\TestCase;

/**
 * What every worker does, over each transport, in each encoding, with each library of closures. The worker
 * lives from test to test: after each of them it must still, or again, run a task in a clean state.
 */
abstract class WorkerContract extends TestCase
{
    use CompiledClosureTests;
    use EndingTests;
    use EventTests;
    use HookTests;
    use LifetimeTests;
    use OutputTests;
    use PayloadTests;
    use PhpValueTests;
    use ProtocolTests;
    use ResultTests;
    use StateTests;
    use StreamingTests;
    use TestWorkerTests;

    private static ?WorkerProcess $worker = null;

    private static int $tasks = 0;

    /**
     * @param array<string, string> $env
     * @param list<string> $options of PHP
     */
    abstract protected static function start(
        array $env = [],
        array $options = [],
        ?string $script = null,
    ): WorkerProcess;

    /** @return array<string, string> the environment that makes a worker include these files */
    protected static function including(string ...$files): array
    {
        return ['PARALLITE_PHP_INCLUDES' => json_encode([dirname(__DIR__) . '/Support/scopes.php', ...$files])];
    }

    /** @return array<string, array{string, string}> */
    public static function languages(): array
    {
        return [
            'laravel, json' => ['laravel', 'json'],
            'laravel, msgpack' => ['laravel', 'msgpack'],
            'opis, json' => ['opis', 'json'],
            'opis, msgpack' => ['opis', 'msgpack'],
        ];
    }

    /** @return array<string, array{string}> */
    public static function encodings(): array
    {
        return ['json' => ['json'], 'msgpack' => ['msgpack']];
    }

    protected function tearDown(): void
    {
        $failed = method_exists($this, 'status') ? !$this->status()->isSuccess() : $this->hasFailed(); // PHPUnit 10, 9
        if (self::$worker === null || $failed) {
            self::forget();
            return;
        }
        $state = self::perform(static fn(): array => [
            getcwd(), date_default_timezone_get(), ini_get('memory_limit'), ini_get('precision'), error_reporting(),
            setlocale(LC_TIME, '0'), umask(), ob_get_level(), getenv('PARALLITE_TEST'), ini_get('max_execution_time'),
            set_error_handler(null), set_exception_handler(null), isset($_SERVER['leak']), isset($_GET['leak']),
            pcntl_signal_get_handler(SIGTERM), pcntl_signal_get_handler(SIGALRM), pcntl_async_signals(),
        ]);
        $clean = ['/', (string) ini_get('date.timezone') ?: 'UTC', '-1', '14', E_ALL, 'C', umask(), 1, false, '0', null, null, false, false, 0, 0, true];
        self::assertSame([...$clean], $state['result'] ?? $state, 'the worker is not clean');
        self::assertArrayNotHasKey('output', $state, 'output of an earlier task');
    }

    public static function tearDownAfterClass(): void
    {
        self::forget();
    }

    protected static function worker(): WorkerProcess
    {
        return self::$worker ??= static::start(
            self::including(),
            ['-d', 'memory_limit=-1', '-d', 'error_reporting=' . E_ALL, '-d', 'display_errors=1', '-d', 'log_errors=0',
                '-d', 'date.timezone=UTC', '-d', 'precision=14'],
        );
    }

    private static function forget(): void
    {
        self::$worker?->stop();
        self::$worker = null;
    }

    /**
     * @param array<string, mixed> $fields further fields of the request
     * @return array<string, mixed> the reply, without its task_id
     */
    protected static function perform(
        Closure|string $task,
        string $library = 'laravel',
        string $encoding = 'json',
        array $fields = [],
    ): array {
        return self::ask(['payload' => self::payload($task, $library)] + $fields, $encoding);
    }

    /**
     * @param array<string, mixed> $fields
     * @return array<string, mixed> the reply, without its task_id
     */
    protected static function ask(array $fields, string $encoding = 'json'): array
    {
        $id = 'task-' . ++self::$tasks;
        $reply = self::worker()->ask(['task_id' => $id] + $fields, $encoding);
        self::assertSame(['task_id', 'ok'], array_slice(array_keys($reply), 0, 2));
        self::assertSame($id, $reply['task_id'], 'somebody else’s reply');
        unset($reply['task_id']);
        return $reply;
    }

    /**
     * @param array<string, mixed> $fields
     * @return array{list<array<string, mixed>>, array<string, mixed>} the events, and the reply, without task_id
     */
    protected static function observe(Closure $task, string $encoding, array $fields = []): array
    {
        $id = 'task-' . ++self::$tasks;
        $request = ['task_id' => $id, 'payload' => self::payload($task, 'laravel')] + $fields;
        self::worker()->send(self::worker()->encode($request, $encoding));
        return self::finish($id);
    }

    /** @return array{list<array<string, mixed>>, array<string, mixed>} */
    protected static function finish(string $id): array
    {
        $events = [];
        do {
            $frame = self::worker()->reply() ?? throw new \RuntimeException('no reply: ' . self::worker()->stderr());
            $second = isset($frame['event']) ? 'event' : 'ok';
            self::assertSame(['task_id', $second], array_slice(array_keys($frame), 0, 2));
            self::assertSame($id, $frame['task_id']);
            unset($frame['task_id']);
            if (isset($frame['event'])) {
                $events[] = $frame;
            }
        } while (isset($frame['event']));
        return [$events, $frame];
    }

    /** Expects that the worker, which has answered, closes the channel and ends. */
    protected static function assertWorkerEnds(int $exitCode = 0): void
    {
        $worker = self::worker();
        self::assertNull($worker->readBody(), 'nothing follows the last reply');
        self::assertSame($exitCode, $worker->exitCode());
        self::assertSame([], $worker->leftovers());
        self::forget();
    }

    /** @param array<string, mixed> $reply */
    protected static function assertFailed(string $code, string $message, array $reply): void
    {
        self::assertFalse($reply['ok']);
        self::assertStringContainsString($message, $reply['error']);
        self::assertSame($code, $reply['error_code']);
    }

    protected static function payload(Closure|string $task, string $library): string
    {
        return match (true) {
            is_string($task) => $task,
            $library === 'laravel' => serialize(new LaravelClosure($task)),
            class_exists(Opis4::class) => Opis4::serialize($task),
            default => serialize(new OpisClosure($task)),
        };
    }
}
