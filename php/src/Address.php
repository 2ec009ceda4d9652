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

    private const DEFAULT = PHP_OS_FAMILY === 'Windows' ? 'tcp://127.0.0.1:9876' : 'unix:///tmp/parallite.sock';

    /**
     * @param bool $isNamed whether the program, its environment or its configuration names it
     * @param bool $isShared whether it lies in a directory that other users may write
     * @param ?string $tokenFile of the daemon, as far as its configuration is known
     */
    private function __construct(
        public readonly string $uri,
        private readonly bool $isNamed = true,
        private readonly bool $isShared = false,
        public readonly ?string $tokenFile = null,
    ) {
    }

    /**
     * The given address, else the one in PARALLITE_SOCKET, else the `socket` of the nearest parallite.json, from the
     * current directory upwards, else the one of a daemon that is started for the project, else the daemon's default.
     *
     * @throws ConnectionException when that parallite.json is damaged, or could be another user's
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
            return new self(self::parse($configured['socket'])->uri, tokenFile: $configured['token']);
        }
        if ($autostart !== null) {
            return new self(self::parse($autostart->socket())->uri, false);
        }
        return new self(self::DEFAULT, false);
    }

    /** A place that nobody named, in a directory which several users share: the daemon of another one is not used there. */
    public static function inSharedDirectory(string $address): self
    {
        return new self(self::parse($address)->uri, false, true);
    }

    /** The path of the socket, or host:port, as the daemon's --socket takes it. */
    public function argument(): string
    {
        return preg_replace('~^(unix|tcp)://~', '', $this->uri) ?? $this->uri;
    }

    /**
     * The process that listens sees the tasks, and its answers are unserialized: so nothing is sent to a socket that
     * another user may have put there.
     *
     * @throws ConnectionException when it could be one
     */
    public function check(): void
    {
        if ($this->isShared) {
            $this->checkOwner();
            return;
        }
        $objection = $this->isUnix() ? Ownership::objectionToSocket($this->argument(), $this->isNamed) : null;
        if ($objection !== null) {
            throw new ConnectionException("the socket at {$this->uri} is not used: $objection; a daemon of another user "
                . 'is used only if its socket lies in a directory that not everybody may write, and is named by the '
                . 'program or in PARALLITE_SOCKET');
        }
    }

    private function checkOwner(): void
    {
        $owner = $this->isUnix() ? Ownership::ownerOf($this->argument()) : null;
        if ($owner !== null && !Ownership::isTrusted($owner)) {
            throw new ConnectionException("the socket at {$this->uri} is not used: it belongs to another user (uid $owner); "
                . 'run the daemon as the user of this program, or name its socket in PARALLITE_SOCKET');
        }
    }

    /**
     * The same for the process that has been connected to.
     *
     * @param resource $socket
     * @throws ConnectionException
     */
    public function checkPeer(mixed $socket): void
    {
        if (!$this->isUnix()) {
            return;
        }
        $this->check(); // again: it is the present file's owner that counts
        $uid = Peer::userOf($socket);
        $isKnown = $uid === null || Ownership::isTrusted($uid)
            || $this->isNamed && $uid === Ownership::ownerOf($this->argument());
        if (!$isKnown) {
            throw new ConnectionException("the process that listens at {$this->uri} is another user's (uid $uid), who is "
                . 'not the owner of the socket');
        }
    }

    /** Whether it is a domain socket. */
    public function isUnix(): bool
    {
        return str_starts_with($this->uri, 'unix://');
    }

    /** Whether what is sent there is enciphered. */
    public function isTls(): bool
    {
        return str_starts_with($this->uri, 'tls://');
    }

    /** Whether nobody between here and there can read what is sent. */
    public function isPrivate(): bool
    {
        return preg_match('~^(unix|tls)://|^tcp://(127\.[\d.]+|localhost|\[::1]):~i', $this->uri) === 1;
    }

    /**
     * What the configuration of the project says, with its paths made absolute.
     *
     * @return ?array{socket: string, token: ?string} null when it names no socket
     */
    private static function configured(): ?array
    {
        $file = self::nearest(self::CONFIG, (string) getcwd());
        if ($file === null) {
            return null;
        }
        $objection = Ownership::objectionTo($file);
        if ($objection !== null) {
            throw new ConnectionException("$file is not obeyed: $objection; name the socket in PARALLITE_SOCKET, or make "
                . 'file and directory belong to the user of the program, with nobody else allowed to write them');
        }
        $settings = json_decode((string) Quietly::call(static fn() => file_get_contents($file)), true);
        if (!is_array($settings)) {
            throw new ConnectionException("$file is not valid JSON: " . json_last_error_msg());
        }
        $socket = $settings['socket'] ?? '';
        if (!is_string($socket) || $socket === '') {
            return null;
        }
        $isRelative = !str_contains($socket, ':') && $socket[0] !== '/' && $socket[0] !== '\\';
        return [
            'socket' => $isRelative ? dirname($file) . "/$socket" : $socket,
            'token' => self::tokenFileIn($settings, dirname($file)),
        ];
    }

    /** @param array<array-key, mixed> $settings */
    private static function tokenFileIn(array $settings, string $directory): ?string
    {
        $file = $settings['auth_token_file'] ?? '';
        if (!is_string($file) || $file === '') {
            return null;
        }
        return preg_match('~^([/\\\\]|[a-z]:)~i', $file) === 1 ? $file : "$directory/$file";
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
