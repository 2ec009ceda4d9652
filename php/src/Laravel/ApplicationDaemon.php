<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Daemon\Binary;
use B7s\Parallite\Exception\DaemonNotRunning;

/**
 * The daemon of an application: where it listens, with which settings it starts. Each application has one of its
 * own, for its workers have booted that application.
 */
final class ApplicationDaemon
{
    /** Bytes that the path of a socket may have. */
    private const MAX_PATH = 107;

    public readonly string $socket;

    /**
     * @param string $basePath of the application
     * @param string $storagePath
     * @param array<string, mixed> $config `config/parallite.php`
     */
    public function __construct(
        public readonly string $basePath,
        string $storagePath,
        private readonly array $config,
    ) {
        $this->socket = $config['socket'] ?? $this->socketOfProject() ?? self::socketIn($storagePath);
    }

    public function client(): Client
    {
        return new Client(
            $this->socket,
            autostart: ($this->config['autostart'] ?? false) ? new Autostart($this->basePath, settings: $this->settings()) : false,
            fallback: $this->config['fallback'] ?? null,
        );
    }

    /** @throws DaemonNotRunning when there is none */
    public function binary(): string
    {
        return Binary::get($this->basePath);
    }

    /** @return list<string> */
    public function arguments(): array
    {
        $config = "{$this->basePath}/parallite.json";
        return ['--socket', $this->socket, ...(is_file($config) ? ['--config', $config] : [])];
    }

    /** @return array<string, string> variables that carry the settings */
    public function environment(): array
    {
        $environment = [];
        foreach ($this->settings() as $name => $value) {
            $environment['PARALLITE_' . strtoupper($name)] = is_bool($value) ? ($value ? 'true' : 'false') : (string) $value;
        }
        return $environment;
    }

    /**
     * @return array<string, scalar> of the daemon: those of the configuration, that workers boot the application, and
     *     that they are forked where that is possible
     */
    private function settings(): array
    {
        $settings = ($this->config['daemon'] ?? []) + ['bootstrap' => __DIR__ . '/worker.php'];
        if (getenv('PARALLITE_WORKER_START') === false && !isset($this->settingsOfProject()['worker_start'])) {
            $settings += ['worker_start' => 'fork'];
        }
        $settings = array_filter($settings, static fn(mixed $value): bool => $value !== null);
        return array_map(static fn(mixed $value): mixed => is_array($value) ? implode(',', $value) : $value, $settings);
    }

    /** What parallite.json says, relative to the application. */
    private function socketOfProject(): ?string
    {
        $socket = $this->settingsOfProject()['socket'] ?? null;
        if (!is_string($socket) || $socket === '') {
            return null;
        }
        return $socket[0] === '/' || str_contains($socket, ':') ? $socket : "{$this->basePath}/$socket";
    }

    /** @return array<array-key, mixed> */
    private function settingsOfProject(): array
    {
        $settings = json_decode((string) @file_get_contents("{$this->basePath}/parallite.json"), true);
        return is_array($settings) ? $settings : [];
    }

    private static function socketIn(string $storagePath): string
    {
        if (PHP_OS_FAMILY === 'Windows') {
            return '127.0.0.1:9876';
        }
        $path = "$storagePath/framework/parallite.sock";
        return strlen($path) <= self::MAX_PATH
            ? $path
            : sys_get_temp_dir() . '/parallite-' . substr(sha1($path), 0, 16) . '.sock';
    }
}
