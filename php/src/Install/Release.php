<?php

declare(strict_types=1);

namespace B7s\Parallite\Install;

use B7s\Parallite\Exception\InstallFailed;
use B7s\Parallite\Worker\WorkerMain;

/**
 * Where the daemon of this package's own version can be had, as an archive with everything it needs but PHP: from the
 * project's releases, or from what PARALLITE_RELEASES names, a mirror's URL or a directory with the same files.
 */
final class Release
{
    private const RELEASES = 'https://github.com/b7s/parallite/releases/download/v' . WorkerMain::VERSION;

    private const SYSTEMS = ['Linux' => 'linux', 'Darwin' => 'macos', 'Windows' => 'windows'];

    private const PROCESSORS = ['x86_64' => 'x86_64', 'amd64' => 'x86_64', 'aarch64' => 'aarch64', 'arm64' => 'aarch64'];

    /** The file with the checksums of all others, as sha256sum(1) writes it. */
    public const CHECKSUMS = 'SHA256SUMS';

    /**
     * @param string $place URL or directory, without a slash at its end
     * @param string $platform such as linux-x86_64
     */
    public function __construct(public readonly string $place, private readonly string $platform)
    {
    }

    /**
     * The release for this machine.
     *
     * @throws InstallFailed when there is none for it
     */
    public static function forThisMachine(): self
    {
        $named = getenv('PARALLITE_RELEASES');
        $place = is_string($named) && $named !== '' ? rtrim($named, '/') : self::RELEASES;
        $musl = glob('/lib/ld-musl-*') ?: [];
        return new self($place, self::platform(PHP_OS_FAMILY, php_uname('m'), $musl));
    }

    /**
     * @param list<string> $musl loaders of musl on the machine
     * @throws InstallFailed
     */
    public static function platform(string $family, string $machine, array $musl = []): string
    {
        $system = self::SYSTEMS[$family] ?? null;
        $processor = self::PROCESSORS[strtolower($machine)] ?? null;
        if ($system === null || $processor === null) {
            throw new InstallFailed("there is no release for $family on $machine; take the archive that runs on a Java 25 "
                . 'of the machine\'s own, and name its bin/parallite in PARALLITE_BIN');
        }
        if ($system === 'linux' && $musl !== [] && (glob('/lib*/ld-linux-*') ?: []) === []) {
            throw new InstallFailed('there is no release for musl (Alpine); take the archive that runs on a Java 25 of the '
                . 'machine\'s own, and name its bin/parallite in PARALLITE_BIN');
        }
        return "$system-$processor";
    }

    /** Of the daemon and of this package, such as 1.0.0. */
    public function version(): string
    {
        return WorkerMain::VERSION;
    }

    /** The directory that the archive unpacks to. */
    public function name(): string
    {
        return "parallite-{$this->version()}-{$this->platform}";
    }

    public function archive(): string
    {
        return $this->name() . (str_starts_with($this->platform, 'windows') ? '.zip' : '.tar.gz');
    }

    /** Where one of its files is. */
    public function locate(string $file): string
    {
        return "{$this->place}/$file";
    }
}
