<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Functions of the C library that PHP has none for, called through ext-ffi.
 *
 * @internal
 */
final class LibC
{
    private const FILES = <<<'C'
        int open(const char *path, int flags, ...);
        int dup2(int from, int to);
        int close(int descriptor);
        C;

    /** Of Linux. */
    private const O_WRONLY = 1;
    private const O_CREAT = 0x40;
    private const O_APPEND = 0x400;

    private const OWNER_ONLY = 0600;

    /** The second one is there to be missing in other C libraries than glibc. */
    private const CLONE = <<<'C'
        long syscall(long number, unsigned long flags, void *stack, void *parent, void *child, void *tls);
        const char *gnu_get_libc_version(void);
        C;

    /** The number of clone(2), by the name of the machine. */
    private const NUMBERS = ['x86_64' => 56, 'aarch64' => 220];

    private const CLONE_PARENT = 0x8000;

    private static \FFI|false|null $files = null;

    private static \FFI|false|null $clone = null;

    private function __construct()
    {
    }

    /**
     * What opens a file, which it makes if there is none, or a named pipe, to append to it, as the descriptor that it is
     * given. It returns whether that was possible.
     *
     * @return ?\Closure(string, int): bool null where there is none
     */
    public static function opener(): ?\Closure
    {
        $libc = self::$files ??= PHP_OS_FAMILY === 'Linux' ? self::define(self::FILES) : false;
        return $libc === false ? null : static function (string $path, int $descriptor) use ($libc): bool {
            $opened = $libc->open($path, self::O_WRONLY | self::O_CREAT | self::O_APPEND, self::OWNER_ONLY);
            $isOpen = $opened >= 0 && $libc->dup2($opened, $descriptor) === $descriptor;
            if ($opened >= 0 && $opened !== $descriptor) {
                $libc->close($opened);
            }
            return $isOpen;
        };
    }

    /**
     * What forks a child of this process's parent, and returns what pcntl_fork() does.
     *
     * clone(2) goes past the C library, which then holds the id of the thread that was forked for that of the fork's:
     * glibc does not use it where that would matter, others do. PHP with threads has timers to make anew in a fork.
     *
     * @return ?\Closure(): int null where there is none
     */
    public static function siblingFork(): ?\Closure
    {
        $number = PHP_OS_FAMILY === 'Linux' && !PHP_ZTS ? self::NUMBERS[php_uname('m')] ?? null : null;
        $libc = self::$clone ??= $number === null ? false : self::define(self::CLONE);
        return $libc === false
            ? null
            : static fn(): int => $libc->syscall($number, self::CLONE_PARENT | SIGCHLD, null, null, null, null);
    }

    private static function define(string $functions): \FFI|false
    {
        try {
            return extension_loaded('ffi') ? \FFI::cdef($functions) : false;
        } catch (\Throwable) {
            return false; // ffi.enable is off, or the system has another C library
        }
    }
}
