<?php

/**
 * The functions of the Go daemon's package. Each is defined only where its name is free.
 */

declare(strict_types=1);

namespace Parallite {

    use Closure;
    use RuntimeException;
    use Throwable;

    if (!function_exists('Parallite\async')) {
        /**
         * Starts a task. The first call starts a daemon, unless one listens; it ends with this script.
         *
         * @template TReturn
         * @param Closure(): TReturn $closure
         * @param ?bool $enableBenchmark whether to measure it; null: as parallite.json says
         * @return Promise<TReturn>
         */
        function async(Closure $closure, ?bool $enableBenchmark = null): Promise
        {
            /** @var array<int, ParalliteClient> $clients */
            static $clients = [];
            $benchmark = $enableBenchmark ?? getBenchmarkConfig();
            $clients[(int) $benchmark] ??= new ParalliteClient(enableBenchmark: $benchmark);
            return $clients[(int) $benchmark]->promise($closure);
        }
    }

    if (!function_exists('Parallite\await')) {
        /**
         * Waits for a promise, or for those among the values of an array: it keeps its keys, and its other values.
         *
         * @template TReturn
         * @param Promise<TReturn>|array<array-key, mixed> $promise
         * @return ($promise is array ? mixed : TReturn) the result, or the array with results in place of promises
         * @throws Throwable
         */
        function await(Promise|array $promise): mixed
        {
            /** @var ?ParalliteClient $client */
            static $client = null;
            $client ??= new ParalliteClient(autoManageDaemon: false);
            return is_array($promise) && !ParalliteClient::isFuture($promise)
                ? $client->awaitMultiple($promise)
                : $client->await($promise);
        }
    }

    if (!function_exists('Parallite\getBenchmarkConfig')) {
        /** Whether the nearest parallite.json, from the current directory or from here upwards, says `enable_benchmark`. */
        function getBenchmarkConfig(): bool
        {
            foreach ([(string) getcwd(), __DIR__] as $directory) {
                do {
                    $file = "$directory/parallite.json";
                    $config = is_file($file) ? json_decode((string) file_get_contents($file), true) : null;
                    if (is_array($config)) {
                        $isEnabled = $config['enable_benchmark'] ?? false;
                        return filter_var($isEnabled, FILTER_VALIDATE_BOOL);
                    }
                    [$below, $directory] = [$directory, dirname($directory)];
                } while ($directory !== $below);
            }
            return false;
        }
    }
}

namespace {

    use Parallite\Promise;

    if (!function_exists('async')) {
        /**
         * The same as {@see \Parallite\async()}.
         *
         * @template TReturn
         * @param Closure(): TReturn $closure
         * @return Promise<TReturn>
         */
        function async(Closure $closure, ?bool $enableBenchmark = null): Promise
        {
            return \Parallite\async($closure, $enableBenchmark);
        }
    }

    if (!function_exists('await')) {
        /**
         * The same as {@see \Parallite\await()}.
         *
         * @template TReturn
         * @param Promise<TReturn>|array<array-key, mixed> $promise
         * @return ($promise is array ? mixed : TReturn)
         */
        function await(Promise|array $promise): mixed
        {
            return \Parallite\await($promise);
        }
    }

    if (!function_exists('pd')) {
        /**
         * Ends the task with a failure that shows the values, and where this was called: a look into a worker.
         *
         * @throws RuntimeException always, with code 1
         */
        function pd(mixed ...$values): never
        {
            $caller = debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS, 1)[0] + ['file' => 'unknown file', 'line' => 0];
            $dump = "\nCalled from {$caller['file']}:{$caller['line']}\n\n";
            foreach ($values as $value) {
                ob_start();
                var_dump($value);
                $dump .= ob_get_clean();
            }
            $dump .= $values === [] ? "[Nothing to dump]\n" : '';
            throw new RuntimeException($dump, 1);
        }
    }
}
