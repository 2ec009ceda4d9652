<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Exception\ConnectionException;

/**
 * Where a daemon listens.
 *
 * @internal
 */
final class Address
{
    private const CONFIG = 'parallite.json';

    private function __construct(public readonly string $uri, private readonly bool $isGuessed = false)
    {
    }

    /**
     * The given address, else the one in PARALLITE_SOCKET, else the `socket` of the nearest parallite.json, from the
     * current directory upwards, else the one of a daemon that is started for the project, else the daemon's default.
     */
    public static function find(?string $address, ?Autostart $autostart = null): self
    {
        if ($address !== null && $address !== '') {
            return self::parse($address);
        }
        $variable = getenv('PARALLITE_SOCKET');
        if (is_string($variable) && $variable !== '') {
            return self::parse($variable);
        }
        $configured = self::configured();
        if ($configured !== null) {
            return self::parse($configured);
        }
        if ($autostart !== null) {
            return self::parse($autostart->socket());
        }
        return new self(PHP_OS_FAMILY === 'Windows' ? 'tcp://127.0.0.1:9876' : 'unix:///tmp/parallite.sock', true);
    }

    /** The path of the socket, or host:port, as the daemon's --socket takes it. */
    public function argument(): string
    {
        return preg_replace('~^(unix|tcp)://~', '', $this->uri) ?? $this->uri;
    }

    /**
     * Nobody named the default address, and anybody may have made a socket there: only the user's own, or root's,
     * gets the tasks to see, and has its answers unserialized.
     *
     * @throws ConnectionException when it is somebody else's
     */
    public function check(): void
    {
        if (!$this->isGuessed || !function_exists('posix_geteuid')) {
            return;
        }
        $path = $this->argument();
        clearstatcache(true, $path);
        $owner = @fileowner($path);
        if ($owner !== false && $owner !== 0 && $owner !== posix_geteuid()) {
            throw new ConnectionException("the socket at {$this->uri} belongs to another user (uid $owner); if that is "
                . 'right, name it in PARALLITE_SOCKET');
        }
    }

    /** What the configuration of the project says, with its path made absolute. */
    private static function configured(): ?string
    {
        $file = self::nearest(self::CONFIG, (string) getcwd());
        if ($file === null) {
            return null;
        }
        $settings = json_decode((string) @file_get_contents($file), true);
        if (!is_array($settings)) {
            throw new ConnectionException("$file is not valid JSON: " . json_last_error_msg());
        }
        $socket = $settings['socket'] ?? '';
        if (!is_string($socket) || $socket === '') {
            return null;
        }
        $isRelative = !str_contains($socket, ':') && $socket[0] !== '/' && $socket[0] !== '\\';
        return $isRelative ? dirname($file) . "/$socket" : $socket;
    }

    /** @internal the file of this name in the directory, or the nearest one above */
    public static function nearest(string $name, string $directory): ?string
    {
        while ($directory !== '') {
            $file = rtrim($directory, '/') . "/$name";
            if (is_file($file)) {
                return $file;
            }
            $parent = dirname($directory);
            $directory = $parent === $directory ? '' : $parent;
        }
        return null;
    }

    /** A path, host:port, or either as a URI. */
    private static function parse(string $address): self
    {
        if (str_contains($address, '://')) {
            return new self($address);
        }
        if (preg_match('~^(\[[\da-f:]+]|[^/\\\\:]+):\d+$~iD', $address) === 1) {
            return new self("tcp://$address");
        }
        return new self("unix://$address");
    }
}
