<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\ClientInterface;
use B7s\Parallite\Codec\CallSite;
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
 * One class for Laravel 11, 12 and 13: the parameters that they do not know are optional.
 */
final class ParalliteDriver implements Driver
{
    private const TASK = WorkerApplication::class . '::runTask';

    private readonly LaravelCodec $codec;

    /**
     * @param ?float $timeout seconds that each task may run, else the daemon's
     * @param ?bool $isolate whether each task gets a worker of its own; null: where workers are forked
     */
    public function __construct(
        private readonly ClientInterface $client,
        private readonly ?float $timeout = null,
        private readonly ?bool $isolate = null,
    ) {
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
        $payloads = $this->payloads($tasks, CallSite::arrayPassedTo('run'));
        $state = CallerState::arguments();
        $futures = $unfinished = [];
        foreach ($payloads as $key => $payload) {
            if ($concurrency !== null && count($unfinished) >= max(1, $concurrency)) {
                unset($unfinished[Future::iterate($unfinished)->key()]);
            }
            $futures[$key] = $unfinished[$key] = $this->submit($payload, $seconds, $state, false);
        }
        // all of them end before the first failure is thrown, as with Laravel's own drivers
        $outcomes = Future::settled($futures);
        return array_map(static fn(Settled $outcome): mixed => CallerState::resultOf($outcome->get()), $outcomes);
    }

    /**
     * Hands the tasks over after the response was sent. Their failures are reported by the workers.
     *
     * @param Closure|array<array-key, Closure> $tasks
     */
    public function defer(Closure|array $tasks): DeferredCallback
    {
        $entry = CallSite::arrayPassedTo('defer');
        $args = ['unattended' => true] + CallerState::arguments();
        return defer(function () use ($tasks, $entry, $args): void {
            foreach ($this->payloads($tasks, $entry) as $payload) {
                $this->submit($payload, $this->timeout, $args, true);
            }
        });
    }

    /**
     * @param Closure|array<array-key, Closure> $tasks
     * @param Closure(array-key): ?string $entry {@see CallSite::arrayPassedTo()}
     * @return array<array-key, string> all of them, before any is sent: one may not be able to travel
     */
    private function payloads(Closure|array $tasks, Closure $entry): array
    {
        $payloads = [];
        foreach (is_array($tasks) ? $tasks : [$tasks] as $key => $task) {
            $payloads[$key] = $this->codec->encode($task, static fn(): ?string => $entry($key));
        }
        return $payloads;
    }

    /**
     * @param array<string, mixed> $args
     * @return Future<mixed>
     */
    private function submit(string $closure, ?float $timeout, array $args, bool $detach): Future
    {
        return $this->client->submit(
            self::TASK,
            ['closure' => $closure] + $args,
            timeout: $timeout > 0 ? (float) $timeout : null,
            detach: $detach,
            isolate: $this->isolate,
        );
    }
}
