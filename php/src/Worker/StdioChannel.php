<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Frames on the standard input and output that the process was started with.
 *
 * A closure must neither read nor write them, so the process first starts itself anew through a shell that
 * moves them to other descriptors and puts /dev/null and a file in their place; then `echo`, STDOUT and the
 * output of child processes go to that file, as with the socket transport. Where that is not possible (no
 * ext-pcntl, Windows) the standard streams are closed after they were duplicated: output is still kept
 * out of the frames, but a closure that uses the constants STDIN or STDOUT gets an error.
 */
final class StdioChannel
{
    private const MOVED = 'PARALLITE_WORKER_STDIO_MOVED';

    /**
     * @param array<string, string> $private environment that was taken in already, for the process that starts anew
     * @return array{Channel, string} the channel, and the path of the file that is now the standard output
     */
    public static function open(int $maxBytes, array $private = []): array
    {
        $file = getenv(self::MOVED);
        $moved = is_string($file) && $file !== '';
        if (!$moved) {
            $file = (string) tempnam(sys_get_temp_dir(), 'parallite-stdout-');
            self::startAnewWithStreamsMoved($file, $private);
        }
        putenv(self::MOVED);
        unset($_ENV[self::MOVED], $_SERVER[self::MOVED]);
        [$input, $output] = $moved ? ['php://fd/3', 'php://fd/4'] : ['php://fd/0', 'php://fd/1'];
        $in = fopen($input, 'r');
        $out = fopen($output, 'w');
        if ($in === false || $out === false) {
            throw new ChannelClosed('cannot open the standard streams for frames');
        }
        if (!$moved) {
            self::closeStandardStreams($file);
        }
        return [new Channel(new StreamLine($in, $out), $maxBytes), $file];
    }

    /**
     * Returns only where the process can't be replaced.
     *
     * @param array<string, string> $private
     */
    private static function startAnewWithStreamsMoved(string $file, array $private): void
    {
        if (!function_exists('pcntl_exec') || !is_executable('/bin/sh')) {
            return;
        }
        $command = [PHP_BINARY, $_SERVER['SCRIPT_FILENAME']];
        $commandLine = @file_get_contents('/proc/self/cmdline');
        if (is_string($commandLine) && $commandLine !== '') {
            // keeps the options of PHP, which a script does not get
            $command = [PHP_BINARY, ...array_slice(explode("\0", rtrim($commandLine, "\0")), 1)];
        }
        $script = 'exec "$@" 3<&0 4>&1 </dev/null >>"$' . self::MOVED . '"';
        @pcntl_exec('/bin/sh', ['-c', $script, 'sh', ...$command], [self::MOVED => $file] + $private + getenv());
    }

    /** Closed descriptors are given out again, lowest first: the next two files opened become 0 and 1. */
    private static function closeStandardStreams(string $file): void
    {
        static $keep = [];
        $nullDevice = PHP_OS_FAMILY === 'Windows' ? 'NUL' : '/dev/null';
        fclose(STDIN);
        $keep[] = fopen($nullDevice, 'r');
        fclose(STDOUT);
        $keep[] = fopen($file, 'a');
    }
}
