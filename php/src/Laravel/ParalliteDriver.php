<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\ClientInterface;
use B7s\Parallite\Codec\LaravelCodec;
use B7s\Parallite\Future;
use B7s\Parallite\Settled;
use Carbon\CarbonInterval;
use Closure;
use Illuminate\Contracts\Concurrency\Driver;
use Illuminate\Support\Defer\DeferredCallback;
use Throwable;

use function Illuminate\Support\defer;

/**
 * The driver "parallite" of the Concurrency facade. Closures run in workers that have booted the application,
 * and get from its container what they ask for.
 *
 * One class for Laravel 11, 12 and 13: the parameters that the former do not know are optional.
 */
final class ParalliteDriver implements Driver
{
    private const TASK = WorkerApplication::class . '::runTask';

    private readonly LaravelCodec $codec;

    /** @param ?float $timeout seconds that each task may run, else the daemon's */
    public function __construct(private readonly ClientInterface $client, private readonly ?float $timeout = null)
    {
        $this->codec = new LaravelCodec();
    }

    /**
     * Runs all of them, and waits until all have ended.
     *
     * @param Closure|array<array-key, Closure> $tasks
     * @param CarbonInterval|int|float|null $timeout seconds that each task may run
     * @param ?int $concurrency how many of them may run at a time, else as many as there are workers
     * @return array<array-key, mixed> their results, under their keys and in their order
     * @throws Throwable the first failure, in this order
     */
    public function run(
        Closure|array $tasks,
        CarbonInterval|int|float|null $timeout = null,
        ?int $concurrency = null,
    ): array {
        $seconds = $timeout instanceof CarbonInterval ? (float) $timeout->totalSeconds : $timeout ?? $this->timeout;
        $futures = $unfinished = [];
        foreach (is_array($tasks) ? $tasks : [$tasks] as $key => $task) {
            if ($concurrency !== null && count($unfinished) >= max(1, $concurrency)) {
                unset($unfinished[Future::iterate($unfinished)->key()]);
            }
            $futures[$key] = $unfinished[$key] = $this->submit($task, $seconds, [], false);
        }
        // all of them end before the first failure is thrown, as with Laravel's own drivers
        return array_map(static fn(Settled $outcome): mixed => $outcome->get(), Future::settled($futures));
    }

    /**
     * Hands the tasks over after the response was sent. Their failures are reported by the workers.
     *
     * @param Closure|array<array-key, Closure> $tasks
     */
    public function defer(Closure|array $tasks): DeferredCallback
    {
        return defer(function () use ($tasks): void {
            foreach (is_array($tasks) ? $tasks : [$tasks] as $task) {
                $this->submit($task, $this->timeout, ['unattended' => true], true);
            }
        });
    }

    /**
     * @param array<string, mixed> $args
     * @return Future<mixed>
     */
    private function submit(Closure $task, ?float $timeout, array $args, bool $detach): Future
    {
        return $this->client->submit(
            self::TASK,
            ['closure' => $this->codec->encode($task)] + $args,
            timeout: $timeout > 0 ? (float) $timeout : null,
            detach: $detach,
        );
    }
}
