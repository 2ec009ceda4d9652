<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Standard output and error of a template, which each fork replaces by its own.
 *
 * PHP cannot duplicate a descriptor onto another. But what is opened gets the lowest number that is free: so a fork
 * closes descriptor 1 and opens a file, then closes 2 and opens a pipe. PHP defines STDOUT and STDERR as streams that
 * would be closed by that, except where it reads its script from standard input; a template is started like that, and
 * the constants are defined here.
 *
 * PHP's log of errors, which goes to the C library's stderr by default, is led to /dev/stderr.
 *
 * @internal
 */
final class StandardStreams
{
    private const SCHEME = 'parallite-standard';

    /** @var array<int, resource> by descriptor */
    private static array $open = [];

    private function __construct()
    {
    }

    /** Defines STDIN, STDOUT and STDERR, where PHP has not. */
    public static function define(): void
    {
        if (defined('STDERR')) {
            return;
        }
        self::$open = [1 => self::opened('php://stdout', 'w'), 2 => self::opened('php://stderr', 'w')];
        stream_wrapper_register(self::SCHEME, StandardStream::class);
        define('STDIN', self::opened('/dev/null', 'r'));
        define('STDOUT', self::opened(self::SCHEME . '://stdout', 'w'));
        define('STDERR', self::opened(self::SCHEME . '://stderr', 'w'));
        stream_wrapper_unregister(self::SCHEME);
        if ((string) ini_get('error_log') === '') {
            ini_set('error_log', '/dev/stderr');
        }
    }

    /**
     * Gives this process, which was just forked, descriptors of its own.
     *
     * @param string $stdout a file that is made
     * @param string $stderr a named pipe that somebody reads
     * @throws \RuntimeException when one of them cannot be opened
     */
    public static function replace(string $stdout, string $stderr): void
    {
        fclose(self::$open[1]);
        self::$open[1] = self::opened($stdout, 'a');
        fclose(self::$open[2]);
        self::$open[2] = self::opened($stderr, 'a');
    }

    /** @return resource what descriptor 1 or 2 is now */
    public static function at(int $descriptor): mixed
    {
        return self::$open[$descriptor];
    }

    /** @return resource */
    private static function opened(string $path, string $mode): mixed
    {
        $stream = @fopen($path, $mode);
        return $stream !== false ? $stream : throw new \RuntimeException("$path cannot be opened");
    }
}
