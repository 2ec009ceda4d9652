<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Runs a command as a child process and collects what it printed. A string goes to the shell, a list is
 * executed as it is. Its standard input is empty.
 */
final class CommandRunner
{
    /**
     * @param string|list<string> $command
     * @param array<string, string> $env added to the worker's own environment
     * @return array{stdout: string, stderr: string, exit_code: int} 128 + n when signal n ended it
     */
    public function run(string|array $command, ?string $cwd, array $env): array
    {
        if ($cwd !== null && !is_dir($cwd)) {
            throw new TaskRefused('INVALID_REQUEST', "cwd is not a directory: $cwd");
        }
        $process = @proc_open(
            $command,
            [['file', PHP_OS_FAMILY === 'Windows' ? 'NUL' : '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']],
            $pipes,
            $cwd,
            $env === [] ? null : $env + getenv(),
        );
        if ($process === false) {
            $shown = is_array($command) ? implode(' ', $command) : $command;
            $reason = error_get_last()['message'] ?? 'unknown reason';
            throw new TaskRefused('INVALID_REQUEST', "cannot start the command \"$shown\": $reason");
        }
        $texts = [1 => '', 2 => ''];
        $exitCode = null;
        while ($pipes !== []) {
            $ready = $pipes;
            $write = $except = null;
            // a background process may keep the pipes open for ever: then the end of the command counts
            $count = @stream_select($ready, $write, $except, 0, $exitCode === null ? 100_000 : 0);
            if ($count === 0 || $count === false) {
                if ($exitCode !== null) {
                    break;
                }
                $exitCode = self::exitCode(proc_get_status($process));
                continue;
            }
            foreach ($ready as $index => $pipe) {
                $chunk = fread($pipe, 65_536);
                if ($chunk === '' || $chunk === false) {
                    fclose($pipe);
                    unset($pipes[$index]);
                } else {
                    $texts[$index] .= $chunk;
                }
            }
        }
        while ($exitCode === null && ($exitCode = self::exitCode(proc_get_status($process))) === null) {
            usleep(1_000); // it closed its output before it ended
        }
        array_map(fclose(...), $pipes);
        proc_close($process);
        return ['stdout' => $texts[1], 'stderr' => $texts[2], 'exit_code' => $exitCode];
    }

    /** @param array<string, mixed> $status */
    private static function exitCode(array $status): ?int
    {
        if ($status['running']) {
            return null;
        }
        return $status['signaled'] ? 128 + $status['termsig'] : $status['exitcode'];
    }
}
