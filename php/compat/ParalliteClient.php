<?php

declare(strict_types=1);

namespace Parallite;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Future;
use Closure;
use RuntimeException;
use Throwable;

/**
 * The client of the upstream package, with its names and its ways, on top of {@see Client}: what was written
 * for the former goes on working, over one connection in place of one for each task.
 *
 * A future is an array that is passed back to await(); `task_id` tells its task, the rest is nobody's business.
 */
class ParalliteClient
{
    private readonly Client $client;

    private ?OwnDaemon $daemon = null;

    /**
     * @param string $socketPath where the daemon listens, or is to listen; '' for {@see getDefaultSocketPath()}
     * @param bool $autoManageDaemon whether to start a daemon if none listens there, and to stop it with this script
     * @param ?string $projectRoot the directory in which it starts, with its parallite.json and vendor/autoload.php;
     *     null for the current one, or the nearest above that has a vendor directory
     * @param bool $enableBenchmark whether to measure the tasks
     * @throws RuntimeException when the daemon does not start
     */
    public function __construct(
        string $socketPath = '',
        bool $autoManageDaemon = true,
        ?string $projectRoot = null,
        private bool $enableBenchmark = false,
    ) {
        $socket = $socketPath !== '' ? $socketPath : self::getDefaultSocketPath();
        $this->client = new Client($socket);
        if ($autoManageDaemon) {
            $this->daemon = OwnDaemon::ensure($socket, $projectRoot);
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
     */
    public function async(Closure $closure): array
    {
        $future = $this->client->submit($closure, benchmark: $this->enableBenchmark ?: null);
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
            throw new RuntimeException('await() needs a promise or a future, as promise() and async() give them');
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
     * Runs all of them at once, and waits for all.
     *
     * @template TReturn
     * @param array<Closure(): TReturn> $closures
     * @return list<TReturn> their results, in the same order
     * @throws Throwable the first failure, in this order
     */
    public function awaitAll(array $closures): array
    {
        return $this->awaitMultiple(array_map($this->async(...), array_values($closures)));
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
