<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Task;
use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Worker\State\ProcessState;

/**
 * Starts a worker: environment, autoloader and includes, connection, hello, loop.
 */
final class WorkerMain
{
    public const VERSION = '1.0.0';

    /** Serves closures, with the classes of the project in the current directory. */
    public static function serveClosures(string $packageDirectory): never
    {
        self::run(static function (Settings $settings) use ($packageDirectory): Tasks {
            Bootstrap::load($packageDirectory, $settings->includes, $settings->bootstrap);
            return new ClosureTasks();
        });
    }

    /** @param callable(Settings): Tasks $boot */
    public static function run(callable $boot): never
    {
        $settings = Settings::fromEnvironment();
        try {
            StandardStreams::define();
            [$channel, $stdoutFile] = $settings->socket === null
                ? StdioChannel::open($settings->maxPayloadBytes)
                : [null, $settings->stdoutFile];
            $output = new OutputCapture($stdoutFile, $channel !== null);
            $lastWords = new LastWords($output);
            set_time_limit(0);
            Inheritance::begin();
            $tasks = $boot($settings);
            set_error_handler(null); // the project's may throw what is silenced
            if ($settings->isTemplate) {
                $settings = self::fork($settings, $output, $lastWords);
            }
            $encodings = new Encodings();
            $replies = new Replies($settings->maxPayloadBytes);
            $output->take();
            $channel ??= SocketChannel::connect((string) $settings->socket, $settings->maxPayloadBytes);
            $nextTasks = NextTasks::open($settings->nextTasks);
            $inbox = new Inbox($channel, $encodings, $nextTasks);
            $events = new TaskEvents($channel, $inbox, $settings->maxPayloadBytes, $settings->events);
            Task::bind($events);
            $givesStack = $settings->events && self::giveStackOnSignal($events);
            self::showWarnings();
            restore_error_handler();
            $state = new ProcessState($output);
            if ($settings->socket !== null) {
                $channel->write(self::hello($settings, $encodings, [
                    ...($nextTasks === null ? [] : ['prefetch']),
                    ...($givesStack ? ['stack'] : []),
                ]));
            }
            $lastWords->connected($channel, $replies, $events, $inbox, $state);
        } catch (\Throwable $e) {
            self::fail('the worker cannot start: ' . self::describe($e), $lastWords ?? null);
        }
        self::debug($settings, 'ready');
        try {
            $runner = new TaskRunner($tasks, $output, $replies, $lastWords, $state, $settings->benchmark, $events);
            $garbage = new Garbage($output);
            $worker = new Worker($channel, $inbox, $encodings, $runner, $replies, $lastWords, $garbage, $state);
            $worker->serve(Lifetime::of($settings));
        } catch (ChannelClosed $e) {
            self::debug($settings, $e->getMessage());
        } catch (\Throwable $e) {
            self::fail('the worker cannot go on: ' . self::describe($e), $lastWords);
        }
        self::debug($settings, 'leaving');
        $lastWords->leave();
    }

    /** Has the template fork; comes back in each of the forks. */
    private static function fork(Settings $settings, OutputCapture $output, LastWords $lastWords): Settings
    {
        $output->take();
        $ofFork = Template::serve($settings) ?? $lastWords->leave();
        $lastWords->adoptFork();
        $output->captureFile($ofFork->stdoutFile);
        return $ofFork;
    }

    /** Answers the signal by which the daemon asks where the running task is. */
    private static function giveStackOnSignal(TaskEvents $events): bool
    {
        return function_exists('pcntl_async_signals')
            && pcntl_signal(SIGUSR2, static fn() => $events->sendStack())
            && is_bool(pcntl_async_signals(true));
    }

    /** Has PHP print what it warns of, into the output of the task, whatever its settings for the command line are. */
    private static function showWarnings(): void
    {
        ini_set('display_errors', '1');
        ini_set('html_errors', '0');
    }

    /** @param list<string> $features beside those that every worker has */
    private static function hello(Settings $settings, Encodings $encodings, array $features): string
    {
        $events = $settings->events ? ['events', 'cancel', 'follow'] : [];
        return $encodings->json->encode([
            'type' => 'hello',
            'token' => $settings->token,
            'pid' => getmypid(),
            'name' => $settings->name,
            'version' => self::VERSION,
            'php' => PHP_VERSION,
            'encodings' => $encodings->names(),
            'features' => ['ping', ...$events, ...$features],
        ]);
    }

    private static function describe(\Throwable $e): string
    {
        return $e instanceof ChannelClosed
            ? $e->getMessage()
            : $e::class . ": {$e->getMessage()} in {$e->getFile()}:{$e->getLine()}";
    }

    private static function fail(string $message, ?LastWords $lastWords): never
    {
        fwrite(STDERR, "$message\n");
        $lastWords === null ? exit(1) : $lastWords->leave(1);
    }

    private static function debug(Settings $settings, string $message): void
    {
        if ($settings->debug && is_resource(STDERR)) {
            fwrite(STDERR, "[{$settings->name}] $message\n");
        }
    }
}
