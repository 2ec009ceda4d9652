<?php

declare(strict_types=1);

namespace B7s\Parallite\Daemon;

use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Exception\InstallFailed;
use B7s\Parallite\Install\Installation;
use B7s\Parallite\Install\Release;
use B7s\Parallite\Ownership;

/**
 * The daemon's executable: where it is.
 */
final class Binary
{
    private function __construct()
    {
    }

    /** What `vendor/bin/parallite` begins with: this package's {@see \B7s\Parallite\Install\Command}, not a daemon. */
    private const SCRIPT = '#!/usr/bin/env php';

    /**
     * The one that PARALLITE_BIN names, else the project's vendor/bin/parallite, else the one of the distribution that
     * this package came with, else the first on the PATH, else the one of this version in the user's cache.
     *
     * @return ?string its path; null when there is none
     * @throws DaemonNotRunning when the project's, or that in the cache, could be another user's
     */
    public static function find(string $projectRoot): ?string
    {
        $named = getenv('PARALLITE_BIN');
        if (is_string($named) && $named !== '') {
            return is_executable($named) && is_file($named) ? $named : null;
        }
        $candidates = ["$projectRoot/vendor/bin/parallite", dirname(__DIR__, 3) . '/bin/parallite'];
        foreach (explode(PATH_SEPARATOR, (string) getenv('PATH')) as $directory) {
            if ($directory !== '') {
                $candidates[] = "$directory/parallite";
            }
        }
        $cached = Installation::ofThisVersion()?->executable();
        $checked = [$candidates[0], $cached];
        foreach ([...$candidates, ...($cached === null ? [] : [$cached])] as $candidate) {
            if (self::isDaemon($candidate)) {
                $objection = in_array($candidate, $checked, true) ? Ownership::objectionTo($candidate) : null;
                return $objection === null ? $candidate : throw new DaemonNotRunning("$candidate is not run: $objection; "
                    . 'name the daemon\'s executable in PARALLITE_BIN');
            }
        }
        return null;
    }

    /**
     * As {@see find()}. Where there is none, it is installed, if the project's composer.json says so by
     * `extra.parallite.install`.
     *
     * @throws DaemonNotRunning when there is none all the same
     */
    public static function get(string $projectRoot): string
    {
        $found = self::find($projectRoot);
        if ($found !== null) {
            return $found;
        }
        $installation = self::mayInstall($projectRoot) ? Installation::ofThisVersion() : null;
        if ($installation === null) {
            throw new DaemonNotRunning('no daemon is installed: `parallite` is neither named by PARALLITE_BIN, nor in '
                . 'vendor/bin or on the PATH; run `vendor/bin/parallite install`');
        }
        try {
            $silent = static function (): void {
            };
            return $installation->install(Release::forThisMachine(), $silent, $silent);
        } catch (InstallFailed $e) {
            throw new DaemonNotRunning("no daemon is installed, and installing one failed: {$e->getMessage()}", 0, $e);
        }
    }

    private static function mayInstall(string $projectRoot): bool
    {
        $file = "$projectRoot/composer.json";
        $project = is_file($file) && Ownership::objectionTo($file) === null
            ? json_decode((string) file_get_contents($file), true)
            : null;
        return is_array($project) && ($project['extra']['parallite']['install'] ?? false) === true;
    }

    private static function isDaemon(string $file): bool
    {
        return is_file($file) && is_executable($file)
            && file_get_contents($file, false, null, 0, strlen(self::SCRIPT)) !== self::SCRIPT;
    }
}
