<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Standard output and error of a template, which each fork replaces by its own.
 *
 * Through ext-ffi dup2(2) is called. Without, PHP cannot duplicate a descriptor onto another. But what is opened gets the
 * lowest number that is free: so a fork closes descriptor 1 and opens a file, then closes 2 and opens a pipe. PHP defines
 * STDOUT and STDERR as streams that would be closed by that. PHP 8.2 does not where it reads its script from standard
 * input; a template is started like that, and the constants are defined here. PHP 8.4 always does: there it takes ext-ffi.
 *
 * PHP's log of errors, which goes to the C library's stderr by default, is led to /dev/stderr.
 *
 * @internal
 */
final class StandardStreams
{
    private const SCHEME = 'parallite-standard';

    /** @var array<int, resource> by descriptor, those that a fork closes and opens anew */
    private static array $open = [];

    /** @var ?\Closure(string, int): bool */
    private static ?\Closure $opener = null;

    private function __construct()
    {
    }

    /** Whether a fork can have descriptors of its own. */
    public static function areReplaceable(): bool
    {
        return self::$open !== [] || self::$opener !== null;
    }

    /** The same for a process that gets this PHP's code through its standard input, as a template does. */
    public static function wouldBeReplaceable(): bool
    {
        if (self::areReplaceable()) {
            return true;
        }
        $process = @proc_open([PHP_BINARY, '-n'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
        if ($process === false) {
            return false;
        }
        fwrite($pipes[0], '<?php echo (int) defined("STDERR");');
        fclose($pipes[0]);
        $isDefined = stream_get_contents($pipes[1]);
        proc_close($process);
        return $isDefined === '0';
    }

    /** Defines STDIN, STDOUT and STDERR, where PHP has not. */
    public static function define(): void
    {
        self::$opener = LibC::opener();
        if (defined('STDERR')) {
            return;
        }
        define('STDIN', self::opened('/dev/null', 'r'));
        if (self::$opener !== null) {
            define('STDOUT', self::opened('php://stdout', 'w'));
            define('STDERR', self::opened('php://stderr', 'w'));
        } else {
            self::$open = [1 => self::opened('php://stdout', 'w'), 2 => self::opened('php://stderr', 'w')];
            stream_wrapper_register(self::SCHEME, StandardStream::class);
            define('STDOUT', self::opened(self::SCHEME . '://stdout', 'w'));
            define('STDERR', self::opened(self::SCHEME . '://stderr', 'w'));
            stream_wrapper_unregister(self::SCHEME);
        }
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
        foreach ([1 => $stdout, 2 => $stderr] as $descriptor => $path) {
            if (self::$opener === null) {
                fclose(self::$open[$descriptor]);
                self::$open[$descriptor] = self::opened($path, 'a');
            } elseif (!(self::$opener)($path, $descriptor)) {
                throw new \RuntimeException("$path cannot be made descriptor $descriptor");
            }
        }
    }

    /** @return resource what descriptor 1 or 2 is now */
    public static function at(int $descriptor): mixed
    {
        return self::$open[$descriptor];
    }

    /** @return ?resource standard error; null when it is closed */
    public static function error(): mixed
    {
        $stream = self::$open[2] ?? STDERR;
        return is_resource($stream) ? $stream : null;
    }

    /** @return resource */
    private static function opened(string $path, string $mode): mixed
    {
        $stream = @fopen($path, $mode);
        return $stream !== false ? $stream : throw new \RuntimeException("$path cannot be opened");
    }
}
