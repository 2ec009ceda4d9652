<?php

declare(strict_types=1);

namespace B7s\Parallite\Daemon;

use B7s\Parallite\Address;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Ownership;
use B7s\Parallite\Quietly;
use B7s\Parallite\Seconds;
use Closure;

/**
 * Starts a daemon for the project where none listens: one, which all processes of the project find and share, and
 * which ends by itself when it has been idle for long enough. No client ever stops it.
 */
final class Autostart
{
    /** Seconds for which a failed start is not tried again, by whatever process. */
    private const PAUSE_AFTER_FAILURE = 5.0;

    public readonly string $projectRoot;

    /** @var array<string, true> locks that this process is about to take, or holds */
    private static array $starting = [];

    /** Who may start it: a forked child would pass on what is its parent's. */
    private readonly int $pid;

    /**
     * @param ?string $projectRoot where the daemon runs and its workers look for vendor/autoload.php; else Composer's
     *     root, else the nearest directory, from the current one upwards, with a parallite.json or composer.json
     * @param float $idleShutdown seconds without a task or a connection after which the daemon ends; 0 for never
     * @param ?string $binary the daemon's executable, else {@see Binary::find()}
     * @param array<string, scalar> $settings of the daemon, such as ['fixed_workers' => 4]: what parallite.json may
     *     hold, to which they are preferred
     * @param float $timeout seconds that the start may take
     * @throws ConnectionException when the root is not given, and what would tell it could be another user's
     */
    public function __construct(
        ?string $projectRoot = null,
        private readonly float $idleShutdown = 600.0,
        private readonly ?string $binary = null,
        private readonly array $settings = [],
        private readonly float $timeout = 30.0,
    ) {
        Seconds::grace($idleShutdown, 'idleShutdown');
        Seconds::limit($timeout);
        $this->projectRoot = $projectRoot ?? self::findRoot();
        $this->pid = (int) getmypid();
    }

    /** Where the project's daemon listens, if nobody says otherwise. */
    public function socket(): string
    {
        return PHP_OS_FAMILY === 'Windows' ? '127.0.0.1:9876' : $this->file($this->projectRoot, 'sock');
    }

    /**
     * Starts the daemon, unless another process does so first.
     *
     * @internal
     * @param Closure(): bool $isAnswered whether one listens
     * @throws DaemonNotRunning
     */
    public function start(Address $address, Closure $isAnswered): void
    {
        if ($this->pid !== getmypid()) {
            throw new DaemonNotRunning("no Parallite daemon listens at {$address->uri}, and a forked child does not "
                . 'start one; use the client once before you fork');
        }
        $file = $this->file($address->uri, 'lock');
        if (isset(self::$starting[$file])) {
            throw new DaemonNotRunning("no Parallite daemon listens at {$address->uri} yet; it is being started by the "
                . 'code that this handler of a signal has interrupted');
        }
        $lock = Quietly::call(static fn() => fopen($file, 'c+'));
        if ($lock === false) {
            throw new DaemonNotRunning("the lock for starting a daemon cannot be opened: $file");
        }
        try {
            self::$starting[$file] = true;
            $this->acquire($lock);
            if (!$isAnswered()) {
                $this->launch($address, $isAnswered, $lock);
            }
        } finally {
            unset(self::$starting[$file]);
            flock($lock, LOCK_UN); // said, not left to fclose(): another descriptor of it may have got away
            fclose($lock);
        }
    }

    /** @param resource $lock */
    private function acquire(mixed $lock): void
    {
        $deadline = microtime(true) + $this->timeout;
        while (!flock($lock, LOCK_EX | LOCK_NB)) {
            if (microtime(true) >= $deadline) {
                throw new DaemonNotRunning("another process has been starting the daemon for {$this->timeout} seconds");
            }
            usleep(5_000);
        }
    }

    /**
     * @param Closure(): bool $isAnswered
     * @param resource $lock which remembers a failure
     */
    private function launch(Address $address, Closure $isAnswered, mixed $lock): void
    {
        $failure = json_decode((string) stream_get_contents($lock), true);
        if (is_array($failure) && microtime(true) - ($failure['at'] ?? 0) < self::PAUSE_AFTER_FAILURE) {
            throw new DaemonNotRunning((string) $failure['error']);
        }
        ftruncate($lock, 0);
        try {
            $binary = $this->binary ?? Binary::get($this->projectRoot);
            Launcher::launch(
                $binary,
                $this->arguments($address),
                $this->projectRoot,
                $this->environment(),
                $this->file($address->uri, 'log'),
                $isAnswered,
                $this->timeout,
            );
        } catch (DaemonNotRunning $e) {
            rewind($lock);
            fwrite($lock, json_encode(
                ['at' => microtime(true), 'error' => $e->getMessage()],
                JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR,
            ));
            throw $e;
        }
    }

    /** @return list<string> */
    private function arguments(Address $address): array
    {
        $config = Address::nearest('parallite.json', $this->projectRoot);
        $objection = $config === null ? null : Ownership::objectionTo($config);
        if ($objection !== null) {
            throw new DaemonNotRunning("no daemon is started: $config is not obeyed, since $objection; make file and "
                . 'directory belong to the user of the program, with nobody else allowed to write them, or start the '
                . 'daemon yourself');
        }
        return ['--socket', $address->argument(), ...($config === null ? [] : ['--config', $config])];
    }

    /** @return array<string, string> */
    private function environment(): array
    {
        $environment = ['PARALLITE_IDLE_SHUTDOWN_MS' => (string) (int) round($this->idleShutdown * 1000)];
        foreach ($this->settings as $name => $value) {
            $environment['PARALLITE_' . strtoupper($name)] = is_bool($value) ? ($value ? 'true' : 'false') : "$value";
        }
        return $environment;
    }

    /** A file of the project's daemon, in a directory that only this user can enter. */
    private function file(string $key, string $extension): string
    {
        $uid = function_exists('posix_geteuid') ? posix_geteuid() : getmyuid();
        $runtime = getenv('XDG_RUNTIME_DIR');
        $directory = is_string($runtime) && $runtime !== '' && is_writable($runtime)
            ? "$runtime/parallite"
            : sys_get_temp_dir() . "/parallite-$uid";
        Quietly::call(static fn() => mkdir($directory, 0700));
        clearstatcache(true, $directory);
        $isOurs = is_dir($directory) && !is_link($directory) && fileowner($directory) === $uid
            && (fileperms($directory) & 0077) === 0;
        if (!$isOurs) {
            throw new ConnectionException("$directory must be a directory that only its owner, this user, can enter");
        }
        return "$directory/" . substr(sha1($key), 0, 16) . ".$extension";
    }

    private static function findRoot(): string
    {
        if (class_exists(\Composer\InstalledVersions::class)) {
            $path = \Composer\InstalledVersions::getRootPackage()['install_path'] ?? '';
            $root = realpath($path);
            if ($root !== false) {
                return $root;
            }
        }
        $directory = (string) getcwd();
        foreach (['parallite.json', 'composer.json'] as $mark) {
            $file = Address::nearest($mark, $directory);
            if ($file === null) {
                continue;
            }
            $objection = Ownership::objectionTo($file);
            return $objection === null ? dirname($file) : throw new ConnectionException("the project's root is not known: "
                . "$file is the nearest that would tell it, but $objection; name the root: new Autostart('/path/to/it')");
        }
        return $directory;
    }
}
