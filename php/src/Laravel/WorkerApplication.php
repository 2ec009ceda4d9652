<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Laravel\Events\TaskFinished;
use B7s\Parallite\Laravel\Events\TaskStarting;
use B7s\Parallite\Worker\Hooks;
use B7s\Parallite\Worker\PayloadDecoder;
use B7s\Parallite\Worker\SourcePlace;
use B7s\Parallite\Worker\State\ClosureLibraries;
use B7s\Parallite\Worker\TaskRefused;
use Closure;
use Illuminate\Contracts\Console\Kernel;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\Eloquent\ModelNotFoundException;
use Illuminate\Support\Facades\Facade;
use RuntimeException;
use Throwable;

/**
 * The Laravel application that a worker has booted, once, for all of its tasks. What a task changed in it
 * is put back afterwards, see {@see StateReset}.
 */
final class WorkerApplication
{
    private static ?self $instance = null;

    private function __construct(
        private readonly Application $app,
        private readonly bool $isOurs,
        private readonly mixed $errorHandler,
        private readonly ?ClosureLibraries $closures = null,
    ) {
    }

    /**
     * Boots the console kernel of the application at or above the current directory, unless one has been booted
     * in this process, here or by somebody else.
     */
    public static function boot(): self
    {
        if (self::$instance !== null) {
            return self::$instance;
        }
        $running = Facade::getFacadeApplication();
        if ($running !== null && $running->hasBeenBootstrapped()) {
            return new self($running, false, null); // without a daemon: the application of the caller
        }
        $app = (static fn(string $file): mixed => require $file)(self::find());
        if (!$app instanceof Application) {
            throw new RuntimeException('bootstrap/app.php does not return the application');
        }
        $app->make(Kernel::class)->bootstrap();
        $handler = set_error_handler(null);
        restore_error_handler();
        CarriedExceptions::register();
        TaskDumps::hear($app);
        $closures = new ClosureLibraries();
        $left = new LeftForLater($app, $handler, $closures);
        $reset = new StateReset($app);
        Hooks::afterTask(static function (string $id, ?Throwable $failure) use ($left, $reset): void {
            $left->run($failure);
            TaskDumps::taskEnds();
            $reset->release();
        });
        Hooks::betweenTasks($reset->restore(...));
        Hooks::beforeFork((new OpenConnections($app))->close(...));
        return self::$instance = new self($app, true, $handler, $closures);
    }

    /**
     * What the driver of the Concurrency facade has run in workers.
     *
     * @param string $closure serialized by laravel/serializable-closure, with the application's key
     * @param bool $unattended whether nobody awaits it, so that its failure is reported here
     * @param ?string $name {@see TaskStarting::$name}
     * @param array<string, mixed> $caller {@see CallerState::current()}
     * @param array{string, int}|null $place file and line in which the closure is written
     */
    public static function runTask(
        string $closure,
        bool $unattended = false,
        ?string $name = null,
        array $caller = [],
        ?array $place = null,
    ): mixed {
        $application = self::boot();
        if (!$application->isOurs) {
            return $application->run($closure, $unattended, $name, null);
        }
        TaskDumps::taskBegins($unattended);
        CallerState::adopt($application->app, $caller);
        $result = $application->run($closure, $unattended, $name, $place);
        $context = $caller['context'] ?? [];
        return $unattended ? null : CallerState::withChanges($application->app, $result, $context);
    }

    /** @param array{string, int}|null $place */
    private function run(string $serialized, bool $unattended, ?string $name, ?array $place): mixed
    {
        $events = $this->app->make(Dispatcher::class);
        $started = hrtime(true);
        $failure = null;
        if ($this->isOurs && $this->errorHandler !== null) {
            set_error_handler($this->errorHandler); // the worker takes it away after each task
        }
        $this->closures?->restore(); // the application's key, which the worker takes away as well
        $events->dispatch(new TaskStarting($name));
        try {
            // only now, for what it refers to, models and the key of its signature, is the application's
            $closure = $this->decode($serialized);
            if ($place !== null && $closure instanceof Closure) {
                SourcePlace::written($closure, ...$place);
            }
            return $this->app->call($closure);
        } catch (Throwable $failure) {
            if ($unattended) {
                $this->app->make(ExceptionHandler::class)->report($failure);
            }
            throw $failure;
        } finally {
            $events->dispatch(new TaskFinished($name, (hrtime(true) - $started) / 1e9, $failure));
        }
    }

    private function decode(string $serialized): callable
    {
        try {
            return (new PayloadDecoder())->decode($serialized)[0];
        } catch (TaskRefused $e) {
            $reason = $e->getPrevious();
            throw $reason instanceof ModelNotFoundException ? $reason : $e; // a captured model is gone
        }
    }

    private static function find(): string
    {
        $start = $directory = (string) getcwd();
        do {
            $file = "$directory/bootstrap/app.php";
            if (is_file($file)) {
                return $file;
            }
            [$below, $directory] = [$directory, dirname($directory)];
        } while ($directory !== $below);
        throw new RuntimeException("there is no bootstrap/app.php at or above $start; start the daemon in the "
            . 'application\'s directory: php artisan parallite:start');
    }
}
