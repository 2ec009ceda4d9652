<?php

declare(strict_types=1);

namespace B7s\Parallite\Daemon;

use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Quietly;
use Closure;

/**
 * Starts a daemon that outlives this process: in a session of its own, with no stream or descriptor of ours.
 */
final class Launcher
{
    /** Of its log, in an error. */
    private const LAST_WORDS = 2_000;

    /**
     * Closes what it inherited (a plain sh can name descriptors below 10 only), takes off the mark by which the daemon
     * whose task we may be kills what that has started (its limit on file locks), and prints the new daemon's pid.
     */
    private const SCRIPT = <<<'SH'
        for file in /proc/$$/fd/* /dev/fd/*; do
            fd=${file##*/}
            case $fd in
                [3-9]) ;;
                [1-9][0-9]*) [ -n "${BASH_VERSION:-}" ] || continue ;;
                *) continue ;;
            esac
            eval "exec $fd>&-" 2>/dev/null
        done
        { ulimit -x unlimited || ulimit -w unlimited; } 2>/dev/null
        log=$1
        shift
        if command -v setsid >/dev/null 2>&1; then set -- setsid "$@"; else set -- nohup "$@"; fi
        "$@" >>"$log" 2>&1 </dev/null &
        echo $!
        SH;

    private function __construct()
    {
    }

    /**
     * Starts it, and waits until it listens.
     *
     * @param string $binary {@see Binary::find()}
     * @param list<string> $arguments such as ['--socket', '/run/app.sock']
     * @param string $directory the working directory: the project's root, where workers find vendor/autoload.php
     * @param array<string, string> $environment added to this process's, see {@see Environment}
     * @param string $log the file that takes its output
     * @param Closure(): bool $isAnswered whether it listens now
     * @param float $timeout seconds that it may take
     * @param bool $appends whether what is in the log stays
     * @return int its process id
     * @throws DaemonNotRunning with its last words, when it ends or does not listen in time
     */
    public static function launch(
        string $binary,
        array $arguments,
        string $directory,
        array $environment,
        string $log,
        Closure $isAnswered,
        float $timeout = 30.0,
        bool $appends = false,
    ): int {
        $appends || Quietly::call(static fn() => file_put_contents($log, ''));
        clearstatcache(true, $log);
        $begin = (int) Quietly::call(static fn() => filesize($log));
        $pid = self::spawn([$log, $binary, ...$arguments], $directory, $environment);
        $deadline = microtime(true) + $timeout;
        while (!$isAnswered()) {
            if (!self::isAlive($pid)) {
                throw new DaemonNotRunning("$binary ended at its start: " . self::lastWords($log, $begin));
            }
            if (microtime(true) >= $deadline) {
                throw new DaemonNotRunning("$binary (pid $pid) does not listen after $timeout seconds: "
                    . self::lastWords($log, $begin));
            }
            usleep(5_000);
        }
        return $pid;
    }

    /**
     * @param list<string> $arguments of the script
     * @param array<string, string> $environment
     */
    private static function spawn(array $arguments, string $directory, array $environment): int
    {
        if (PHP_OS_FAMILY === 'Windows') {
            throw new DaemonNotRunning('on Windows, the daemon has to be started by hand: run parallite');
        }
        $inherited = Environment::ofProcess();
        unset($inherited['PARALLITE_WORKER_ID']); // of a worker whose task we are: its descendants are killed with it
        $shell = is_executable('/bin/bash') ? '/bin/bash' : '/bin/sh';
        $pipes = [];
        $process = Quietly::call(static function () use ($shell, $arguments, &$pipes, $directory, $environment, $inherited) {
            return proc_open(
                [$shell, '-c', self::SCRIPT, 'parallite', ...$arguments],
                [['file', '/dev/null', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']],
                $pipes,
                $directory,
                ['PWD' => $directory] + $environment + $inherited, // a link stays one: it is followed anew at each reload
            );
        });
        if ($process === false) {
            throw new DaemonNotRunning("the daemon cannot be started: $shell cannot be run");
        }
        $pid = (int) stream_get_contents($pipes[1]);
        proc_close($process);
        return $pid > 0 ? $pid : throw new DaemonNotRunning('the daemon cannot be started: the shell gave no pid');
    }

    /** Whether a process runs. One that has ended does not, though nobody may have taken note of its end. */
    public static function isAlive(int $pid): bool
    {
        $stat = (string) Quietly::call(static fn() => file_get_contents("/proc/$pid/stat"));
        if (preg_match('/\) Z/', $stat) === 1) {
            return false; // in containers, process 1 often leaves it at that
        }
        if (function_exists('posix_kill')) {
            return posix_kill($pid, 0) || posix_get_last_error() === 1; // EPERM: it is, and somebody else's
        }
        clearstatcache(true, "/proc/$pid");
        return !is_dir('/proc/self') || is_dir("/proc/$pid");
    }

    /** @param int $begin where in the log they begin, at the earliest */
    private static function lastWords(string $log, int $begin): string
    {
        clearstatcache(true, $log);
        $words = trim((string) Quietly::call(
            static fn() => file_get_contents($log, false, null, max($begin, (int) filesize($log) - self::LAST_WORDS)),
        ));
        return $words === '' ? "it said nothing (in $log)" : $words;
    }
}
