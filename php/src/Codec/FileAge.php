<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

/**
 * Tells whether a file was written after this process had loaded it, where that can be known.
 *
 * PHP keeps no time of that. But what was not changed since the process began can't have been changed since it was
 * loaded, and what nobody has read since it was written was not loaded from it. Where opcache has the code, its time
 * stamp tells.
 *
 * @internal
 */
final class FileAge
{
    /** Of file systems that keep the times of reading, unless they are configured otherwise. */
    private const KEEPS_TIMES = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'tmpfs'];

    private const OPCACHE_SETTING = PHP_SAPI === 'cli' ? 'opcache.enable_cli' : 'opcache.enable';

    /** Seconds by which the times of files may be late: Linux takes them once a tick. */
    private const TICK = 0.01;

    private function __construct()
    {
    }

    /**
     * @param array<array-key, int> $stat of the file before it is read
     */
    public static function isNewerThanLoaded(string $file, array $stat): bool
    {
        $stamp = self::opcacheStamp($file, $stat);
        if ($stamp !== null && $stamp !== $stat['mtime']) {
            return true;
        }
        $began = (int) $_SERVER['REQUEST_TIME'];
        $changed = min($stat['mtime'], $stat['ctime']); // anybody can set the first
        if ($stat['ctime'] < $began || $stat['ctime'] < $stat['atime'] || !self::keepsTimes($file)) {
            return false;
        }
        return $changed > $stat['atime']
            || $changed === $stat['atime'] && self::isUnreadToTheNanosecond($file)
            || $stat['mtime'] < $began && self::isNewAndUnread($file);
    }

    /**
     * The time of the file that opcache loaded, where that may be another one.
     *
     * @param array<array-key, int> $stat
     */
    private static function opcacheStamp(string $file, array $stat): ?int
    {
        $isOn = function_exists('opcache_get_status') && ini_get(self::OPCACHE_SETTING);
        if (!$isOn || !@opcache_is_script_cached($file)) {
            return null;
        }
        $began = @opcache_get_status(false)['opcache_statistics'] ?? null;
        if ($began === null || $stat['ctime'] < max($began['start_time'], $began['last_restart_time'])) {
            return null;
        }
        return (@opcache_get_status(true)['scripts'] ?? [])[$file]['timestamp'] ?? null;
    }

    private static function keepsTimes(string $file): bool
    {
        $best = '';
        $isKept = false;
        foreach (@file('/proc/self/mountinfo') ?: [] as $line) {
            [$mount, $options] = array_slice(explode(' ', $line), 4, 2) + ['', ''];
            [, $fileSystem] = explode(' - ', $line) + ['', ''];
            $type = explode(' ', $fileSystem)[0];
            $isAbove = $mount === '/' || str_starts_with($file, "$mount/");
            if ($isAbove && strlen($mount) >= strlen($best)) {
                $best = $mount;
                $isKept = in_array($type, self::KEEPS_TIMES, true) && !in_array('noatime', explode(',', $options), true);
            }
        }
        return $isKept;
    }

    /** PHP's own times have seconds; this is for code that is written and loaded within one. */
    private static function isUnreadToTheNanosecond(string $file): bool
    {
        [$read, $written, $changed] = self::exactTimes($file);
        return $read !== '' && strcmp($written, $read) > 0 && strcmp($changed, $read) > 0;
    }

    /** Whether it has taken the place of another file, with a time from before, as `rsync -a` and `tar` do. */
    private static function isNewAndUnread(string $file): bool
    {
        [$read, , $changed, $born] = self::exactTimes($file);
        return $read !== '' && (float) $born > self::began() && strcmp($changed, $read) > 0;
    }

    /** When the process or the request began, at the latest, by the clock of files. */
    private static function began(): float
    {
        $began = $_SERVER['REQUEST_TIME'];
        $exact = $_SERVER['REQUEST_TIME_FLOAT'] ?? 0.0;
        return (int) $exact === $began ? $exact - self::TICK : $began + 1.0;
    }

    /** @return array{string, string, string, string} when it was read, written, changed and made, of one length; empty if unknown */
    private static function exactTimes(string $file): array
    {
        $none = ['', '', '', ''];
        $program = '/usr/bin/stat';
        if (!function_exists('proc_open') || !is_executable($program)) {
            return $none;
        }
        $command = [$program, '-L', '-c', '%.9X %.9Y %.9Z %.9W', '--', $file];
        $process = @proc_open($command, [1 => ['pipe', 'w'], ['file', '/dev/null', 'w']], $pipes);
        if ($process === false) {
            return $none;
        }
        $times = explode(' ', trim((string) stream_get_contents($pipes[1])));
        proc_close($process);
        // as text: a float has not enough digits
        return count($times) === 4 && strlen($times[0]) === strlen($times[1]) && strlen($times[0]) === strlen($times[2]) ? $times : $none;
    }
}
