<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Address;
use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Daemon\Binary;
use B7s\Parallite\Daemon\Environment;
use B7s\Parallite\Exception\DaemonNotRunning;
use Illuminate\Contracts\Foundation\Application;
use Symfony\Component\Process\PhpExecutableFinder;

/**
 * The daemon of an application: where it listens, with which settings it starts. Each application has one of its
 * own, for its workers have booted that application.
 */
final class ApplicationDaemon
{
    /** Bytes that the path of a socket may have. */
    private const MAX_PATH = 107;

    public readonly string $socket;

    /** Whether the application says where it is, and not only this package. */
    private readonly bool $isNamed;

    /** @var array<string, mixed> `parallite.json` of the application */
    private readonly array $file;

    /** @param array<string, mixed> $config `config/parallite.php` */
    public function __construct(private readonly Application $app, private readonly array $config)
    {
        $settings = json_decode((string) @file_get_contents($app->basePath('parallite.json')), true);
        $this->file = is_array($settings) ? $settings : [];
        $named = $config['socket'] ?? $this->socketOfProject();
        $this->isNamed = $named !== null;
        $this->socket = $named ?? self::socketIn($app->storagePath() . '/framework');
    }

    /** For tasks; starts a daemon where the configuration says so. */
    public function client(): Client
    {
        $autostart = ($this->config['autostart'] ?? false) ? $this->autostart() : false;
        $fallback = $this->config['fallback'] ?? null;
        $secretFile = $this->config['payload_secret_file'] ?? null;
        return new Client(
            $this->address(),
            autostart: $autostart,
            fallback: $fallback,
            payloadSecretFile: $secretFile,
        );
    }

    /** For questions about the daemon; starts none. */
    public function connection(): Client
    {
        return new Client($this->address());
    }

    /** The directory in which it runs: the link to the release, where there is one. */
    public function directory(): string
    {
        return ReleaseLink::to($this->app->basePath());
    }

    /** @throws DaemonNotRunning when there is none */
    public function binary(): string
    {
        return Binary::get($this->app->basePath());
    }

    /** @return list<string> */
    public function arguments(): array
    {
        $config = $this->app->basePath('parallite.json');
        return ['--socket', $this->socket, ...(is_file($config) ? ['--config', $config] : [])];
    }

    /**
     * The variables of its environment that are not this process's; those of this process that are the application's own
     * are withheld from it.
     *
     * @return array<string, string>
     */
    public function environment(): array
    {
        Environment::withhold(LoadedEnvironment::names($this->app));
        $environment = ['PWD' => $this->directory()];
        $chosen = LoadedEnvironment::chosen($this->app);
        if ($chosen !== null) {
            $environment['APP_ENV'] = $chosen;
        }
        foreach ($this->settings() as $name => $value) {
            $environment['PARALLITE_' . strtoupper($name)] = is_bool($value) ? ($value ? 'true' : 'false') : (string) $value;
        }
        return $environment;
    }

    private function address(): Address
    {
        return $this->isNamed ? Address::find($this->socket) : Address::inSharedDirectory($this->socket);
    }

    private function autostart(): Autostart
    {
        Environment::withhold(LoadedEnvironment::names($this->app));
        return new Autostart($this->directory(), settings: $this->settings());
    }

    /**
     * Those of the configuration, that workers boot the application, and what neither the configuration nor the
     * environment nor parallite.json says otherwise: as many workers as processors, and the PHP that runs this.
     *
     * @return array<string, scalar>
     */
    private function settings(): array
    {
        $settings = $this->config['daemon'] ?? [];
        $settings = array_filter($settings, static fn(mixed $value): bool => $value !== null);
        foreach (['fixed_workers' => 0, 'php_binary' => self::php()] as $name => $default) {
            $isSaid = isset($this->file[$name]) || getenv('PARALLITE_' . strtoupper($name)) !== false;
            $settings += $isSaid || $default === null ? [] : [$name => $default];
        }
        $secret = $this->config['payload_secret_file'] ?? null;
        $settings += $secret === null ? [] : ['payload_secret_file' => $secret]; // for the workers
        $settings += ['bootstrap' => $this->inRelease(__DIR__ . '/worker.php')];
        return array_map(static fn(mixed $value): mixed => is_array($value) ? implode(',', $value) : $value, $settings);
    }

    /** The PHP that runs this, if it can run workers. */
    private static function php(): ?string
    {
        if (PHP_SAPI === 'cli') {
            return PHP_BINARY;
        }
        $found = class_exists(PhpExecutableFinder::class) ? (new PhpExecutableFinder())->find(false) : false;
        return $found === false ? null : $found;
    }

    /** The path of a file of the application by the link to its release, so that it is the next release's after a reload. */
    private function inRelease(string $file): string
    {
        $base = realpath($this->app->basePath()) . '/';
        return str_starts_with($file, $base) ? $this->directory() . '/' . substr($file, strlen($base)) : $file;
    }

    /** What parallite.json says, relative to the application. */
    private function socketOfProject(): ?string
    {
        $socket = $this->file['socket'] ?? null;
        if (!is_string($socket) || $socket === '') {
            return null;
        }
        return $socket[0] === '/' || str_contains($socket, ':') ? $socket : $this->app->basePath($socket);
    }

    /** @param string $directory often a link, and the same one in all releases */
    private static function socketIn(string $directory): string
    {
        if (PHP_OS_FAMILY === 'Windows') {
            return '127.0.0.1:9876';
        }
        $path = (realpath($directory) ?: $directory) . '/parallite.sock';
        return strlen($path) <= self::MAX_PATH
            ? $path
            : sys_get_temp_dir() . '/parallite-' . substr(sha1($path), 0, 16) . '.sock';
    }
}
