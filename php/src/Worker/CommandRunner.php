<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Readiness;

/**
 * Runs a command as a child process and collects what it printed. A string goes to the shell, a list is
 * executed as it is. Its standard input is empty. When the task is cancelled, it gets a SIGTERM.
 */
final class CommandRunner
{
    private const CHUNK = 65_536;

    /** Microseconds after which it is looked whether the command has ended, is cancelled or followed. */
    private const PATIENCE = 100_000;

    /** The same while some of its output is held back. */
    private const SHORT_PATIENCE = 20_000;

    /**
     * @param string|list<string> $command
     * @param array<string, string> $env added to the worker's own environment
     * @return array{stdout: string, stderr: string, exit_code: int} 128 + n when signal n ended it
     */
    public function run(string|array $command, ?string $cwd, array $env, ?TaskEvents $events = null): array
    {
        $started = self::start($command, $cwd, $env);
        if (is_string($started)) {
            return ['stdout' => '', 'stderr' => "$started\n", 'exit_code' => 127];
        }
        [$process, $pipes] = $started;
        $canWatch = self::canWatch($pipes);
        $feed = $events === null ? null : new OutputFeed($events);
        $texts = ['stdout' => '', 'stderr' => ''];
        $exitCode = null;
        $isHeldBack = $isTerminated = false;
        while ($pipes !== []) {
            $patience = match (true) {
                $exitCode !== null => 0,
                $isHeldBack => self::SHORT_PATIENCE,
                default => self::PATIENCE,
            };
            $count = self::read($pipes, $texts, $patience, $canWatch);
            $isHeldBack = $feed?->tell($texts) ?? false;
            if (!$isTerminated && $events?->isCancelled() === true) {
                $isTerminated = proc_terminate($process);
            }
            if ($count === 0) {
                if ($exitCode !== null) {
                    break; // a background process may keep the pipes open for ever: the end of the command counts
                }
                $exitCode = self::exitCode($process);
            }
        }
        while ($exitCode === null && ($exitCode = self::exitCode($process)) === null) {
            usleep(1_000); // it closed its output before it ended
        }
        array_map(fclose(...), $pipes);
        proc_close($process);
        $feed?->end($texts);
        return $texts + ['exit_code' => $exitCode];
    }

    /**
     * @param string|list<string> $command
     * @param array<string, string> $env
     * @return array{resource, array<string, resource>}|string the process, and its output by name; why there is no
     *     such program
     */
    private static function start(string|array $command, ?string $cwd, array $env): array|string
    {
        if ($cwd !== null && !is_dir($cwd)) {
            throw new TaskRefused('INVALID_REQUEST', "cwd is not a directory: $cwd");
        }
        $nullDevice = PHP_OS_FAMILY === 'Windows' ? 'NUL' : '/dev/null';
        $streams = [['file', $nullDevice, 'r'], ['pipe', 'w'], ['pipe', 'w']];
        $variables = $env === [] ? null : $env + getenv();
        $process = @proc_open($command, $streams, $pipes, $cwd, $variables);
        if ($process === false) {
            $reason = error_get_last()['message'] ?? 'unknown reason';
            if (str_contains($reason, 'posix_spawn() failed')) {
                return $reason; // before PHP 8.3 the process was started, and ended with an exit code
            }
            $shown = is_array($command) ? implode(' ', $command) : $command;
            throw new TaskRefused('INVALID_REQUEST', "cannot start the command \"$shown\": $reason");
        }
        return [$process, ['stdout' => $pipes[1], 'stderr' => $pipes[2]]];
    }

    /**
     * Whether `stream_select()` can watch the pipes: not when the task has left a thousand files open. They are read
     * without blocking then.
     *
     * @param array<string, resource> $pipes
     */
    private static function canWatch(array $pipes): bool
    {
        foreach ($pipes as $pipe) {
            if (!Readiness::canWatch($pipe)) {
                array_map(static fn(mixed $pipe) => stream_set_blocking($pipe, false), $pipes);
                return false;
            }
        }
        return true;
    }

    /**
     * Waits for output and adds it to the texts; a pipe that has come to its end is closed.
     *
     * @param array<string, resource> $pipes
     * @param array<string, string> $texts
     * @return int how many pipes had something, 0 when the time is over
     */
    private static function read(array &$pipes, array &$texts, int $microseconds, bool $canWatch): int
    {
        [$ready] = Readiness::of($pipes, [], $microseconds / 1e6, $canWatch);
        $count = 0;
        foreach ($ready as $name => $pipe) {
            $chunk = fread($pipe, self::CHUNK);
            if ($chunk !== '' && $chunk !== false) {
                $texts[$name] .= $chunk;
                $count++;
            } elseif ($canWatch || feof($pipe)) {
                fclose($pipe);
                unset($pipes[$name]);
                $count++;
            }
        }
        return $count;
    }

    /** @param resource $process */
    private static function exitCode(mixed $process): ?int
    {
        $status = proc_get_status($process);
        if ($status['running']) {
            return null;
        }
        return $status['signaled'] ? 128 + $status['termsig'] : $status['exitcode'];
    }
}
