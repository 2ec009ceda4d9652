<?php

declare(strict_types=1);

namespace Parallite;

use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Future;
use B7s\Parallite\Package;
use Closure;
use RuntimeException;
use Throwable;

/**
 * The client of the Go daemon's package, with its names, messages and ways, on top of {@see Client}: its programs run
 * unchanged, over one connection in place of one for each task. Results are plain data, as
 * {@see \B7s\Parallite\Worker\PlainData} makes them.
 *
 * A future is an array that is passed back to await(); `task_id` is its task's, the rest is internal.
 */
class ParalliteClient
{
    private readonly Client $client;

    private readonly string $socket;

    private ?OwnDaemon $daemon = null;

    /**
     * @param string $socketPath where the daemon listens, or is to listen; '' for {@see getDefaultSocketPath()}
     * @param bool $autoManageDaemon whether to start a daemon if none listens there, and to stop it with this script
     * @param ?string $projectRoot the directory in which it starts, with its parallite.json and vendor/autoload.php;
     *     null for the current one, if it has that, else Composer's root package
     * @param bool $enableBenchmark whether to measure the tasks
     * @throws RuntimeException when the daemon does not start
     */
    public function __construct(
        string $socketPath = '',
        bool $autoManageDaemon = true,
        ?string $projectRoot = null,
        private bool $enableBenchmark = false,
    ) {
        Package::add(__DIR__);
        $this->socket = $socketPath !== '' ? $socketPath : self::getDefaultSocketPath();
        $root = $projectRoot ?? self::findRoot();
        $configuration = Configuration::of($root);
        $this->client = (new Client($this->socket, codec: $configuration->codec()))->takePlainResults();
        if ($autoManageDaemon) {
            $this->daemon = OwnDaemon::ensure($this->socket, $root, $configuration);
            register_shutdown_function($this->stopDaemon(...));
        }
    }

    /**
     * Starts a task, and gives a promise on which then(), catch() and finally() can be called.
     *
     * @template TReturn
     * @param Closure(): TReturn $closure
     * @return Promise<TReturn>
     */
    public function promise(Closure $closure): Promise
    {
        return new Promise($this, $closure);
    }

    /**
     * Starts a task.
     *
     * @template TReturn
     * @param Closure(): TReturn $closure
     * @return array{task_id: string, socket: Future<TReturn>} its future, for {@see await()}
     * @throws RuntimeException "Failed to connect to daemon at: …"
     */
    public function async(Closure $closure): array
    {
        $benchmark = $this->enableBenchmark ?: null;
        try {
            $future = $this->client->submit($closure, benchmark: $benchmark);
        } catch (DaemonNotRunning $e) {
            throw new RuntimeException("Failed to connect to daemon at: `{$this->socket}` - {$e->getMessage()}", 0, $e);
        }
        return ['task_id' => $future->id(), 'socket' => $future];
    }

    /**
     * Waits for a task, and puts what was measured into its future, as `benchmark`.
     *
     * @template TReturn
     * @param array{task_id?: string, socket?: Future<TReturn>, ...}|Promise<TReturn>|null $future
     * @param-out array<array-key, mixed>|Promise<TReturn>|null $future
     * @return TReturn
     * @throws RuntimeException "Task failed (awaitTask): …" when the task failed; the reason is its previous one
     * @throws Throwable whatever a handler of the promise throws
     */
    public function await(array|Promise|null &$future = null): mixed
    {
        if ($future instanceof Promise) {
            return $future->resolve();
        }
        if ($future === null || !self::isFuture($future)) {
            throw new RuntimeException('No future or socket provided');
        }
        $result = self::result($future['socket']);
        $stats = $future['socket']->stats();
        if ($stats !== null) {
            $future['benchmark'] = (new BenchmarkData(
                $stats->executionTimeMs,
                $stats->memoryDeltaMb,
                $stats->memoryPeakMb,
                $stats->cpuTimeMs,
            ))->toArray();
        }
        return $result;
    }

    /**
     * Runs all of them at once, and waits until all have ended, whether they fail or not.
     *
     * @template TReturn
     * @param array<Closure(): TReturn> $closures
     * @return list<TReturn> their results, in the same order
     * @throws Throwable the first failure, in this order
     */
    public function awaitAll(array $closures): array
    {
        $futures = array_map($this->async(...), array_values($closures));
        Future::settled(array_column($futures, 'socket'));
        return $this->awaitMultiple($futures);
    }

    /**
     * Waits for the promises and futures of an array; its keys and other values stay as they are.
     *
     * @param array<array-key, mixed> $promises
     * @return array<array-key, mixed>
     * @throws Throwable the first failure, in the array's order
     */
    public function awaitMultiple(array $promises): array
    {
        return array_map(
            fn(mixed $value): mixed => $value instanceof Promise || self::isFuture($value) ? $this->await($value) : $value,
            $promises,
        );
    }

    /** From the next task on, the worker measures time and memory. */
    public function enableBenchmark(): self
    {
        $this->enableBenchmark = true;
        return $this;
    }

    public function disableBenchmark(): self
    {
        $this->enableBenchmark = false;
        return $this;
    }

    public function isBenchmarkEnabled(): bool
    {
        return $this->enableBenchmark;
    }

    /** PARALLITE_SOCKET, if it is set; else a path of this process's own. */
    public static function getDefaultSocketPath(): string
    {
        $named = (string) getenv('PARALLITE_SOCKET');
        return match (true) {
            $named !== '' => $named,
            PHP_OS_FAMILY === 'Windows' => '127.0.0.1:9876',
            default => sys_get_temp_dir() . '/parallite_' . getmypid() . '.sock',
        };
    }

    /** Stops the daemon, if it was this client, in this process, that started it. */
    public function stopDaemon(): void
    {
        $this->daemon?->stop();
        $this->daemon = null;
    }

    /** The current directory, if it is a project's, else Composer's root package. */
    private static function findRoot(): string
    {
        $current = (string) getcwd();
        return is_file("$current/vendor/autoload.php") ? $current : (new Autostart())->projectRoot;
    }

    /** @internal whether a value is what async() gives */
    public static function isFuture(mixed $value): bool
    {
        return is_array($value) && isset($value['task_id']) && ($value['socket'] ?? null) instanceof Future;
    }

    /** @param Future<mixed> $future */
    private static function result(Future $future): mixed
    {
        try {
            return $future->await();
        } catch (ConnectionException $e) {
            throw $e;
        } catch (Throwable $e) {
            throw new RuntimeException("Task failed (awaitTask): {$e->getMessage()}", 0, $e);
        }
    }
}
