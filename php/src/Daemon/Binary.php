<?php

declare(strict_types=1);

namespace B7s\Parallite\Daemon;

use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Ownership;

/**
 * The daemon's executable: where it is.
 */
final class Binary
{
    private function __construct()
    {
    }

    /**
     * The one that PARALLITE_BIN names, else the project's vendor/bin/parallite, else the one of the distribution that
     * this package came with, else the first on the PATH.
     *
     * @return ?string its path; null when there is none
     * @throws DaemonNotRunning when the project's could be another user's
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
        foreach ($candidates as $i => $candidate) {
            if (is_file($candidate) && is_executable($candidate)) {
                $objection = $i === 0 ? Ownership::objectionTo($candidate) : null;
                return $objection === null ? $candidate : throw new DaemonNotRunning("$candidate is not run: $objection; "
                    . 'name the daemon\'s executable in PARALLITE_BIN');
            }
        }
        return null;
    }
}
