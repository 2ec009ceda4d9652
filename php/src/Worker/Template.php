<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\SharedValues;
use B7s\Parallite\Wire\Encodings;

/**
 * A worker that has booted and runs no task: it forks when the daemon asks it to, and each fork is a worker.
 *
 * Asked with {"type": "inspect"} it answers {"type": "template", "open": […], "objection"?}: which descriptors its forks
 * would share, and why it must not be forked.
 *
 * The daemon sends {"type": "fork", "workers": [{"name", "token", "stdout", "stderr", "stderr_mark"?, "prefetch"?, "max_tasks"?}, …]}.
 * They are children of the daemon ({@see SiblingForks}), which learns how they end, and the template may die without
 * them. The answer is {"type": "forked", "pids": […]}, in the same order, 0 for one that could not be forked.
 *
 * @internal
 */
final class Template
{
    /** How many descriptors are reported to the daemon. */
    private const MOST_OPEN = 16;

    /** @var resource */
    private readonly mixed $socket;

    private readonly Channel $channel;

    /** @param array<string, mixed> $nature what is reported to the daemon on request */
    private function __construct(
        private readonly Settings $settings,
        private readonly Encodings $encodings,
        private readonly array $nature,
    ) {
        $this->socket = SocketChannel::open((string) $settings->socket);
        $this->channel = new Channel(new StreamLine($this->socket, $this->socket), $settings->maxPayloadBytes);
    }

    /**
     * Serves the daemon until that goes.
     *
     * @return ?Settings in a fork those that it runs with; null in the template, when the daemon has gone
     * @throws ChannelClosed when the daemon cannot be reached
     */
    public static function serve(Settings $settings, Encodings $encodings): ?Settings
    {
        $nature = self::nature();
        self::forgetProcess();
        gc_collect_cycles();
        gc_mem_caches();
        $template = new self($settings, $encodings, $nature);
        $template->hello();
        return $template->forkOnRequest();
    }

    /** Has PHP forget where /proc/self leads to, which it has noted: for a fork that is another process. */
    private static function forgetProcess(): void
    {
        foreach (realpath_cache_get() as $path => $entry) {
            if (str_starts_with("$path", '/proc/') || str_starts_with($entry['realpath'], '/proc/')) {
                clearstatcache(true, "$path");
            }
        }
    }

    private function hello(): void
    {
        $this->say([
            'type' => 'hello',
            'token' => $this->settings->token,
            'pid' => getmypid(),
            'features' => [],
        ]);
    }

    /**
     * Tells the daemon at once why this PHP cannot be forked, so that no project is booted for nothing; until the daemon goes.
     *
     * @throws ChannelClosed when the daemon cannot be reached
     */
    public static function decline(Settings $settings, string $objection): void
    {
        $template = new self($settings, new Encodings(), ['type' => 'template', 'open' => [], 'objection' => $objection]);
        $template->hello();
        $template->forkOnRequest();
    }

    /** @return array<string, mixed> whether it may be forked, and what its forks would share */
    private static function nature(): array
    {
        $objection = Inheritance::objection(StandardStreams::areReplaceable());
        return [
            'type' => 'template',
            'open' => array_values(array_slice(Inheritance::descriptors(), 0, self::MOST_OPEN)),
            ...($objection === null ? [] : ['objection' => $objection]),
        ];
    }

    /** @param array<string, mixed> $message */
    private function say(array $message): void
    {
        $this->channel->write($this->encodings->json->encode($message));
    }

    private function forkOnRequest(): ?Settings
    {
        while (($body = $this->channel->read()) !== null) {
            $request = $this->encodings->of($body)->decode($body);
            if (($request['type'] ?? null) !== 'fork') {
                $this->say($this->nature);
                continue;
            }
            $workers = array_values(array_filter((array) ($request['workers'] ?? []), is_array(...)));
            $worker = $this->fork($workers);
            if ($worker !== null) {
                return $this->becomes($worker);
            }
        }
        return null;
    }

    /**
     * @param list<array<array-key, mixed>> $workers
     * @return array<array-key, mixed>|null in a fork the worker that it is
     */
    private function fork(array $workers): ?array
    {
        if (Hooks::hasBeforeFork()) {
            Hooks::runBeforeFork();
            self::forgetProcess();
        }
        $forked = SiblingForks::make(count($workers));
        if (is_int($forked)) {
            return $workers[$forked];
        }
        $this->say(['type' => 'forked', 'pids' => $forked]);
        SharedValues::preload(); // while nobody waits for it
        return null;
    }

    /**
     * @param array<array-key, mixed> $worker
     * @throws \RuntimeException when it cannot have what the daemon has made for it
     */
    private function becomes(array $worker): Settings
    {
        fclose($this->socket);
        StandardStreams::replace((string) $worker['stdout'], (string) $worker['stderr']);
        Randomness::reseed();
        $settings = $this->settings->forFork($worker);
        putenv("WORKER_NAME={$settings->name}");
        $_ENV['WORKER_NAME'] = $_SERVER['WORKER_NAME'] = $settings->name;
        Hooks::runAfterFork();
        return $settings;
    }
}
