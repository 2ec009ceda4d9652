<?php

declare(strict_types=1);

namespace B7s\Parallite\Install;

use B7s\Parallite\Exception\InstallFailed;
use B7s\Parallite\Quietly;
use B7s\Parallite\Worker\WorkerMain;
use Closure;

/**
 * A daemon in the user's cache, one of each version: ~/.cache/parallite/1.0.0, or below XDG_CACHE_HOME; on Windows below
 * LOCALAPPDATA.
 */
final class Installation
{
    private function __construct(public readonly string $directory)
    {
    }

    /**
     * The one of this package's version, whether it is there or not.
     *
     * @return ?self null when the environment tells no home
     */
    public static function ofThisVersion(): ?self
    {
        $cache = self::cache();
        return $cache === null ? null : new self("$cache/parallite/" . WorkerMain::VERSION);
    }

    private static function cache(): ?string
    {
        $variable = PHP_OS_FAMILY === 'Windows' ? 'LOCALAPPDATA' : 'XDG_CACHE_HOME';
        $named = (string) getenv($variable);
        if ($named !== '') {
            return $named;
        }
        $home = (string) getenv('HOME');
        return $home === '' ? null : "$home/.cache";
    }

    /** The daemon's executable, if it is installed. */
    public function executable(): ?string
    {
        $file = $this->directory . (PHP_OS_FAMILY === 'Windows' ? '/bin/parallite.bat' : '/bin/parallite');
        return is_file($file) && is_executable($file) ? $file : null;
    }

    /**
     * Installs it, unless it is installed. Of several processes at once, one does so and the others wait for it.
     *
     * @param Closure(string): void $say hears what is being done
     * @param Closure(int, ?int): void $progress hears how many bytes have come, and of how many if that is known
     * @return string the executable
     * @throws InstallFailed
     */
    public function install(Release $release, Closure $say, Closure $progress): string
    {
        $parent = dirname($this->directory);
        Quietly::call(static fn() => is_dir($parent) || mkdir($parent, 0700, true));
        $lock = Quietly::call(fn() => fopen("{$this->directory}.lock", 'c'));
        if ($lock === false) {
            throw new InstallFailed("$parent cannot be written to; name another directory in XDG_CACHE_HOME");
        }
        try {
            if (!flock($lock, LOCK_EX | LOCK_NB)) {
                $say('another process is installing it; waiting for that one');
                flock($lock, LOCK_EX);
            }
            return $this->executable() ?? $this->bring($release, $say, $progress);
        } finally {
            flock($lock, LOCK_UN);
            fclose($lock);
        }
    }

    /**
     * @param Closure(string): void $say
     * @param Closure(int, ?int): void $progress
     */
    private function bring(Release $release, Closure $say, Closure $progress): string
    {
        $scratch = "{$this->directory}.new";
        self::remove($scratch); // of one that was killed
        Quietly::call(static fn() => mkdir($scratch, 0700));
        try {
            $archive = "$scratch/{$release->archive()}";
            $this->fetch($release, $archive, $say, $progress);
            $say('unpacking it');
            self::unpack($archive, $scratch);
            self::remove($this->directory); // without an executable: broken by somebody
            $unpacked = "$scratch/{$release->name()}";
            if (!Quietly::call(fn() => rename($unpacked, $this->directory))) {
                throw new InstallFailed("{$release->archive()} has no directory {$release->name()}");
            }
            return $this->executable() ?? throw new InstallFailed("{$this->directory} has no bin/parallite");
        } finally {
            self::remove($scratch);
        }
    }

    /**
     * @param Closure(string): void $say
     * @param Closure(int, ?int): void $progress
     */
    private function fetch(Release $release, string $archive, Closure $say, Closure $progress): void
    {
        $download = new Download($progress);
        $sums = $release->locate(Release::CHECKSUMS);
        $line = '/^([0-9a-f]{64}) [ *]' . preg_quote($release->archive(), '/') . '$/m';
        if (preg_match($line, $download->text($sums), $match) !== 1) {
            throw new InstallFailed("$sums does not have {$release->archive()}");
        }
        $from = $release->locate($release->archive());
        $say("fetching $from");
        $into = Quietly::call(static fn() => fopen($archive, 'x'));
        if ($into === false) {
            throw new InstallFailed("$archive cannot be made");
        }
        try {
            $download->copy($from, $into, $match[1]);
        } finally {
            fclose($into);
        }
    }

    /** By tar, which Windows has, too, and there reads zip files. */
    private static function unpack(string $archive, string $into): void
    {
        $pipes = [];
        $process = Quietly::call(static function () use ($archive, $into, &$pipes) {
            return proc_open(['tar', '-xf', $archive, '-C', $into], [2 => ['pipe', 'w']], $pipes);
        });
        if ($process === false) {
            throw new InstallFailed('tar cannot be run; install it');
        }
        $said = trim((string) stream_get_contents($pipes[2]));
        if (proc_close($process) !== 0) {
            throw new InstallFailed("$archive cannot be unpacked: $said");
        }
    }

    private static function remove(string $path): void
    {
        if (is_dir($path) && !is_link($path)) {
            $names = scandir($path) ?: [];
            foreach (array_diff($names, ['.', '..']) as $name) {
                self::remove("$path/$name");
            }
            Quietly::call(static fn() => rmdir($path));
        } elseif (is_link($path) || file_exists($path)) {
            Quietly::call(static fn() => unlink($path));
        }
    }
}
