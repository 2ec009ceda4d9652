<?php

declare(strict_types=1);

namespace Parallite;

use B7s\Parallite\Daemon\Binary;
use B7s\Parallite\Exception\DaemonNotRunning;

/**
 * What projects call in the scripts of their composer.json. Nothing is downloaded unasked: `vendor/bin/parallite install`
 * does that, unless the machine has a daemon. All of it says what to do where there is none, and succeeds.
 */
final class Installer
{
    private function __construct()
    {
    }

    /**
     * @param bool $force has no effect
     * @param ?string $version has no effect
     */
    public static function install(bool $force = false, ?string $version = null): void
    {
        self::say();
    }

    /**
     * @param bool $force has no effect
     * @param ?string $version has no effect
     */
    public static function update(bool $force = false, ?string $version = null): void
    {
        self::say();
    }

    /** @param ?object $event of Composer */
    public static function postInstall(?object $event = null): void
    {
        self::say();
    }

    /** @param ?object $event of Composer */
    public static function postUpdate(?object $event = null): void
    {
        self::say();
    }

    /** The version of the daemon that programs would start; null when there is none. */
    public static function getInstalledVersion(): ?string
    {
        $binary = self::binary();
        $said = $binary === null ? '' : (string) shell_exec(escapeshellarg($binary) . ' --version 2>&1');
        return preg_match('/\d+\.\d+\.\d+/', $said, $version) === 1 ? $version[0] : null;
    }

    /** Newer versions are not looked for. */
    public static function checkForUpdates(): ?string
    {
        return null;
    }

    private static function binary(): ?string
    {
        try {
            return Binary::find((string) getcwd());
        } catch (DaemonNotRunning) {
            return null;
        }
    }

    private static function say(): void
    {
        $binary = self::binary();
        echo $binary !== null
            ? "Parallite: nothing is downloaded; programs use the daemon $binary\n"
            : "Parallite: nothing is downloaded, and there is no daemon yet. Run `vendor/bin/parallite install`, or install one "
                . "for the machine, so that `parallite` is on the PATH, or name its executable in PARALLITE_BIN\n";
    }
}
