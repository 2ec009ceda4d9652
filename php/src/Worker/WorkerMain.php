<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encodings;

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
            Bootstrap::load($packageDirectory, $settings->includes);
            return new ClosureTasks();
        });
    }

    /** @param callable(Settings): Tasks $boot */
    public static function run(callable $boot): never
    {
        $settings = Settings::fromEnvironment();
        try {
            [$channel, $stdoutFile] = $settings->socket === null
                ? StdioChannel::open($settings->maxPayloadBytes)
                : [null, $settings->stdoutFile];
            $output = new OutputCapture($stdoutFile, $channel !== null);
            $lastWords = new LastWords($output);
            set_time_limit(0);
            $tasks = $boot($settings);
            $encodings = new Encodings();
            $replies = new Replies($settings->maxPayloadBytes);
            $runner = new TaskRunner($tasks, $output, $replies, $lastWords, $settings->benchmark);
            $output->take();
            $state = new StateGuard();
            $channel ??= self::connect($settings, $encodings);
            $lastWords->connected($channel, $replies);
        } catch (\Throwable $e) {
            self::fail('the worker cannot start: ' . self::describe($e), $lastWords ?? null);
        }
        self::debug($settings, 'ready');
        try {
            $worker = new Worker($channel, $encodings, $runner, $replies, $output, $lastWords);
            $worker->serve($state, $settings->maxTasks);
        } catch (ChannelClosed $e) {
            self::debug($settings, $e->getMessage());
        } catch (\Throwable $e) {
            self::fail('the worker cannot go on: ' . self::describe($e), $lastWords);
        }
        self::debug($settings, 'leaving');
        $lastWords->leave();
    }

    private static function connect(Settings $settings, Encodings $encodings): Channel
    {
        $channel = SocketChannel::connect((string) $settings->socket, $settings->maxPayloadBytes);
        $channel->write($encodings->json->encode([
            'type' => 'hello',
            'token' => $settings->token,
            'pid' => getmypid(),
            'name' => $settings->name,
            'version' => self::VERSION,
            'php' => PHP_VERSION,
            'encodings' => $encodings->names(),
        ]));
        return $channel;
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
