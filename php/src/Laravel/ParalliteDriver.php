<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\ClientInterface;
use B7s\Parallite\Codec\CallSite;
use B7s\Parallite\Codec\LaravelCodec;
use B7s\Parallite\Future;
use B7s\Parallite\Package;
use B7s\Parallite\Worker\SourcePlace;
use Carbon\CarbonInterval;
use Closure;
use Illuminate\Concurrency\ConcurrencyManager;
use Illuminate\Contracts\Concurrency\Driver;
use Illuminate\Support\Defer\DeferredCallback;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\MultipleInstanceManager;
use ReflectionClass;
use ReflectionFunction;
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
     * @param list<string> $carry what tasks get of their caller besides locale and Context: `user`
     */
    public function __construct(
        private readonly ClientInterface $client,
        private readonly ?float $timeout = null,
        private readonly ?bool $isolate = null,
        private readonly ?string $pool = null,
        private readonly array $carry = [],
    ) {
        $this->codec = new LaravelCodec();
        self::passFacades();
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
        $requests = $this->requests($tasks, CallSite::arrayPassedTo('run'));
        $args = ['caller' => CallerState::current($this->carry)];
        $futures = $unfinished = [];
        foreach ($requests as $key => $request) {
            if ($concurrency !== null && count($unfinished) >= max(1, $concurrency)) {
                unset($unfinished[Future::iterate($unfinished)->key()]);
            }
            $futures[$key] = $unfinished[$key] = $this->submit($request + $args, $seconds, false);
        }
        // all of them end before the first failure is thrown, as with Laravel's own drivers
        $outcomes = Future::settled($futures);
        foreach ($futures as $key => $future) {
            $died[$key] = TaskDumps::show($future, $requests[$key]['name']);
        }
        $results = [];
        foreach ($outcomes as $key => $outcome) {
            if (isset($died[$key])) {
                throw $died[$key];
            }
            $results[$key] = CallerState::resultOf($outcome->get());
        }
        return $results;
    }

    /**
     * Hands the tasks over after the response was sent. Their failures are reported by the workers.
     *
     * @param Closure|array<array-key, Closure> $tasks
     */
    public function defer(Closure|array $tasks): DeferredCallback
    {
        $entry = CallSite::arrayPassedTo('defer');
        $args = ['unattended' => true, 'caller' => CallerState::current($this->carry)];
        $place = self::place();
        return defer(function () use ($tasks, $entry, $args, $place): void {
            foreach ($this->requests($tasks, $entry, $place) as $request) {
                $this->submit($request + $args, $this->timeout, true);
            }
        });
    }

    /**
     * @param Closure|array<array-key, Closure> $tasks
     * @param Closure(array-key): ?string $entry {@see CallSite::arrayPassedTo()}
     * @param ?string $from place of the call, else the present one
     * @return array<array-key, array<string, mixed>> arguments of {@see WorkerApplication::runTask()} for all of them,
     *     before any is sent: one may not be able to travel
     */
    private function requests(Closure|array $tasks, Closure $entry, ?string $from = null): array
    {
        $from ??= self::place();
        $requests = [];
        foreach (is_array($tasks) ? $tasks : [$tasks] as $key => $task) {
            $closure = new ReflectionFunction($task);
            $place = SourcePlace::of((string) $closure->getFileName(), (int) $closure->getStartLine());
            TaskParameters::check($closure);
            CapturedServices::refuse($task);
            $requests[$key] = [
                'closure' => CapturedServices::isWritten($closure)
                    ? $this->codec->encode($task, static fn(): ?string => $entry($key))
                    : $this->codec->encode(NamedTask::of($closure)),
                'name' => self::name($key, $from),
                'place' => [$place->file, $place->line],
            ];
        }
        return $requests;
    }

    /**
     * @param array<string, mixed> $args
     * @return Future<mixed>
     */
    private function submit(array $args, ?float $timeout, bool $detach): Future
    {
        $limit = $timeout > 0 ? (float) $timeout : null;
        return $this->client->submit(
            self::TASK,
            $args,
            timeout: $limit,
            detach: $detach,
            name: $args['name'],
            isolate: $this->isolate,
            pool: $this->pool,
        );
    }

    /** What stands between a program and this is not the program: tasks are submitted where the facade was called. */
    private static function passFacades(): void
    {
        foreach ([Facade::class, ConcurrencyManager::class] as $class) {
            if (class_exists($class)) {
                Package::add(dirname((string) (new ReflectionClass($class))->getFileName()));
            }
        }
        if (class_exists(MultipleInstanceManager::class)) {
            Package::addFile((string) (new ReflectionClass(MultipleInstanceManager::class))->getFileName());
        }
    }

    /** Where the program called, past Laravel's own files. */
    private static function place(): string
    {
        foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS, self::DEPTH) as $frame) {
            $file = $frame['file'] ?? __FILE__;
            if (!Package::contains($file) && !str_contains($file, DIRECTORY_SEPARATOR . 'Illuminate' . DIRECTORY_SEPARATOR)) {
                $line = $frame['line'] ?? 0;
                $place = SourcePlace::of($file, $line);
                return basename($place->file) . ":{$place->line}";
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
