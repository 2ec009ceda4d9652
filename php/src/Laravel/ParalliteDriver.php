<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\ClientInterface;
use B7s\Parallite\Codec\CallSite;
use B7s\Parallite\Codec\LaravelCodec;
use B7s\Parallite\Future;
use B7s\Parallite\Package;
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

    /** Frames between the program and this, at most. */
    private const DEPTH = 12;

    /** Bytes of a name, which becomes a part of an id. */
    private const MAX_NAME = 150;

    private readonly LaravelCodec $codec;

    /**
     * @param ?float $timeout seconds that each task may run, else the daemon's
     * @param ?bool $isolate whether each task gets a worker of its own; null: where workers are forked
     * @param ?string $pool whose workers run them, else those of the daemon's default pool
     */
    public function __construct(
        private readonly ClientInterface $client,
        private readonly ?float $timeout = null,
        private readonly ?bool $isolate = null,
        private readonly ?string $pool = null,
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
        $place = self::place();
        $futures = $unfinished = [];
        foreach ($payloads as $key => $payload) {
            if ($concurrency !== null && count($unfinished) >= max(1, $concurrency)) {
                unset($unfinished[Future::iterate($unfinished)->key()]);
            }
            $futures[$key] = $unfinished[$key] = $this->submit($payload, $seconds, $state, false, self::name($key, $place));
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
        $place = self::place();
        return defer(function () use ($tasks, $entry, $args, $place): void {
            foreach ($this->payloads($tasks, $entry) as $key => $payload) {
                $this->submit($payload, $this->timeout, $args, true, self::name($key, $place));
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
    private function submit(string $closure, ?float $timeout, array $args, bool $detach, string $name): Future
    {
        return $this->client->submit(
            self::TASK,
            ['closure' => $closure, 'name' => $name] + $args,
            timeout: $timeout > 0 ? (float) $timeout : null,
            detach: $detach,
            name: $name,
            isolate: $this->isolate,
            pool: $this->pool,
        );
    }

    /** Where the program called, past Laravel's own files. */
    private static function place(): string
    {
        foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS, self::DEPTH) as $frame) {
            $file = $frame['file'] ?? __FILE__;
            if (!Package::contains($file) && !str_contains($file, DIRECTORY_SEPARATOR . 'Illuminate' . DIRECTORY_SEPARATOR)) {
                return basename($file) . ':' . ($frame['line'] ?? 0);
            }
        }
        return 'unknown';
    }

    /** What people see of a task: its key, and where it was called. */
    private static function name(int|string $key, string $place): string
    {
        $name = "$key@$place";
        return strlen($name) <= self::MAX_NAME && preg_match('//u', $name) === 1 ? $name : $place;
    }
}
