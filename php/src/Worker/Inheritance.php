<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * What the forks of this process would share with it: descriptors that its start has left open, and extensions with
 * threads, which a fork does not copy.
 *
 * @internal
 */
final class Inheritance
{
    /** Extensions that hang or crash in a fork of a process in which they were used. */
    private const THREADED = ['grpc', 'rdkafka', 'opentelemetry'];

    private const FUNCTIONS = ['pcntl_fork', 'pcntl_waitpid', 'posix_setsid', 'posix_kill'];

    /** Descriptors that are the same for every process: no state is shared by them. */
    private const HARMLESS = '~^(/dev/(null|zero|u?random|tty|pts/\d+)|anon_inode:.*|/proc/.*|.*\.ZendSem\..*|.*\.so)( \(deleted\))?$~';

    /** What SQLite's files begin with. */
    private const SQLITE = "SQLite format 3\0";

    /** @var array<int, string> what was open before the boot */
    private static array $before = [];

    private function __construct()
    {
    }

    /** The boot begins: what is open now was not opened by it. */
    public static function begin(): void
    {
        self::$before = self::descriptors();
    }

    /**
     * Why this process must not be forked; null when it may be.
     *
     * @param bool $streamsAreReplaceable whether a fork can have a standard output and error of its own
     */
    public static function objection(bool $streamsAreReplaceable): ?string
    {
        $objection = self::objectionBeforeBoot($streamsAreReplaceable);
        if ($objection !== null) {
            return $objection;
        }
        if (self::harmful() !== [] && Hooks::hasBeforeFork()) {
            Hooks::runBeforeFork(); // which may close them
        }
        $harmful = self::harmful();
        return $harmful === [] || Hooks::hasAfterFork() ? null : sprintf(
            'bootstrap or php_includes leave %s, which all workers would share: close what is '
            . 'open in Hooks::beforeFork(), or open it anew in Hooks::afterFork()',
            implode(' and ', $harmful),
        );
    }

    /**
     * The same as far as it is this PHP that is the reason, not what it loads.
     *
     * @param bool $streamsAreReplaceable whether a fork can have a standard output and error of its own
     */
    public static function objectionBeforeBoot(bool $streamsAreReplaceable): ?string
    {
        $missing = array_filter(self::FUNCTIONS, static fn(string $name): bool => !function_exists($name));
        if ($missing !== []) {
            return implode(', ', $missing) . ' cannot be called: install pcntl and posix, and look at disable_functions';
        }
        if (!$streamsAreReplaceable) {
            return 'PHP ' . PHP_VERSION . ' holds standard output and error open, so that a fork cannot have its own: install ext-ffi';
        }
        $threaded = array_filter(self::THREADED, extension_loaded(...));
        return $threaded === []
            ? null
            : 'the extension ' . implode(', ', $threaded) . ' has threads that a fork does not copy';
    }

    /**
     * What several processes must not use at once: connections, and SQLite's databases, whose locks are those of a process.
     *
     * @return list<string> in words
     */
    private static function harmful(): array
    {
        $words = [];
        $sockets = preg_grep('/^socket:/', self::descriptors()) ?: [];
        if ($sockets !== []) {
            $noun = count($sockets) === 1 ? 'socket' : 'sockets';
            $descriptors = implode(', ', array_keys($sockets));
            $words[] = sprintf('%d %s open (descriptor %s)', count($sockets), $noun, $descriptors);
        }
        foreach (array_unique(array_filter(self::descriptors(), self::isSqlite(...))) as $file) {
            $words[] = "the SQLite database $file open";
        }
        return $words;
    }

    private static function isSqlite(string $file): bool
    {
        return is_file($file) && @file_get_contents($file, length: strlen(self::SQLITE)) === self::SQLITE;
    }

    /**
     * What is open beside standard input, output and error, and beside what was open before the boot.
     *
     * @return array<int, string> what the system says about it, by descriptor; empty without /proc
     */
    public static function descriptors(): array
    {
        $open = [];
        foreach (@scandir('/proc/self/fd') ?: [] as $entry) {
            $target = (int) $entry > 2 ? @readlink("/proc/self/fd/$entry") : false;
            if ($target !== false && $target !== (self::$before[(int) $entry] ?? null) && preg_match(self::HARMLESS, $target) !== 1) {
                $open[(int) $entry] = $target;
            }
        }
        return $open;
    }
}
