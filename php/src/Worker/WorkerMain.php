<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\PayloadSecret;

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
        $lastWords = null;
        try {
            StandardStreams::define();
            Seals::useSecret(PayloadSecret::inEnvironment());
            [$channel, $stdoutFile] = $settings->socket === null
                ? StdioChannel::open($settings->maxPayloadBytes, $settings->ofStdio())
                : [null, $settings->stdoutFile];
            $output = new OutputCapture($stdoutFile, $channel !== null);
            $lastWords = new LastWords($output);
            set_time_limit(0);
            $objection = $settings->isTemplate
                ? Inheritance::objectionBeforeBoot(StandardStreams::areReplaceable())
                : null;
            if ($objection !== null) {
                Template::decline($settings, $objection);
                $lastWords->leave();
            }
            Inheritance::begin();
            $tasks = $boot($settings);
            set_error_handler(null); // the project's may throw what is silenced
            $output->take();
            $channel ??= self::channel($settings);
            $worker = new WorkerProcess($settings, $channel, $tasks, $output, $lastWords);
            if ($settings->isTemplate) {
                $settings = $worker->serveAsTemplate() ?? $lastWords->leave();
            }
            $worker->announce($settings);
        } catch (\Throwable $e) {
            self::fail('the worker cannot start: ' . self::describe($e), $lastWords);
        }
        self::debug($settings, 'ready');
        try {
            $worker->serve($settings);
        } catch (ChannelClosed $e) {
            self::debug($settings, $e->getMessage());
        } catch (\Throwable $e) {
            self::fail('the worker cannot go on: ' . self::describe($e), $lastWords);
        }
        self::debug($settings, 'leaving');
        $lastWords->leave();
    }

    /** @throws ChannelClosed when the daemon cannot be reached */
    private static function channel(Settings $settings): Channel
    {
        return $settings->isTemplate
            ? new Channel(new Rehearsal(), $settings->maxPayloadBytes)
            : SocketChannel::connect((string) $settings->socket, $settings->maxPayloadBytes);
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
