<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;

/**
 * Opens connections to one daemon, and starts it where it should and does not run.
 *
 * @internal
 */
final class Connector
{
    use BoundToProcess;

    /** ENOENT, and ECONNREFUSED of macOS, Linux and Windows. */
    private const NOBODY_LISTENS = [2, 61, 111, 10061];

    /** EAGAIN of Linux and macOS: as many as the system lets wait are waiting to be accepted. EINTR: a signal came. */
    private const TRY_AGAIN = [11, 35, 4];

    /** Seconds between two attempts then. */
    private const PAUSE = 0.005;

    /** What is said where nobody listens. */
    public static string $advice = 'start it with `parallite`, or name its address in PARALLITE_SOCKET';

    public readonly string $uri;

    private readonly Credentials $credentials;

    public function __construct(
        private readonly Address $address,
        private readonly ?Autostart $autostart = null,
        private readonly float $timeout = 10.0,
        ?Credentials $credentials = null,
    ) {
        $this->uri = $address->uri;
        $this->credentials = $credentials ?? new Credentials();
    }

    /**
     * @return resource a socket that does not block
     * @throws DaemonNotRunning when nobody listens, and none may be started or none can
     * @throws ConnectionException
     */
    public function connect(): mixed
    {
        try {
            return $this->open();
        } catch (DaemonNotRunning $e) {
            if ($this->autostart === null) {
                throw $e;
            }
            $this->autostart->start($this->address, fn(): bool => $this->isAnswered());
            return $this->open();
        }
    }

    private function isAnswered(): bool
    {
        try {
            fclose($this->open());
            return true;
        } catch (DaemonNotRunning) {
            return false;
        }
    }

    /** @return resource */
    private function open(): mixed
    {
        $this->address->check();
        $token = $this->address->isUnix() ? null : $this->credentials->token($this->address->tokenFile);
        if ($token !== null && !$this->address->isPrivate()) {
            throw new ConnectionException("the token is not sent to {$this->uri} in the clear; give the daemon a tls:// address");
        }
        $deadline = microtime(true) + $this->timeout;
        do {
            [$socket, $errno, $error] = $this->attempt(max(self::PAUSE, $deadline - microtime(true)));
            $isBusy = $socket === false && in_array($errno, self::TRY_AGAIN, true);
            $isOver = microtime(true) >= $deadline;
            if ($isBusy && !$isOver) {
                Loop::until(static fn(): bool => false, self::PAUSE);
            }
        } while ($isBusy && !$isOver);
        if ($socket === false) {
            throw $this->failure($errno, $error);
        }
        $this->address->checkPeer($socket);
        if ($token !== null) {
            Login::at($socket, $this->uri, $token, max(self::PAUSE, $deadline - microtime(true)));
        }
        stream_set_blocking($socket, false);
        stream_set_read_buffer($socket, 0);
        stream_set_write_buffer($socket, 0);
        return $socket;
    }

    /** @return array{resource|false, int, string} the socket, or the number and text of the error */
    private function attempt(float $timeout): array
    {
        $options = ['socket' => ['tcp_nodelay' => true]];
        if ($this->address->isTls()) {
            $options['ssl'] = $this->credentials->tlsOptions();
        }
        return Quietly::call(function () use ($timeout, $options): array {
            $socket = stream_socket_client(
                $this->uri,
                $errno,
                $error,
                $timeout,
                STREAM_CLIENT_CONNECT,
                stream_context_create($options),
            );
            return [$socket, $errno, $error !== '' ? $error : self::reason(Quietly::firstWarning())];
        });
    }

    /** What PHP has to say of a failed handshake, in one line and without its function's name. */
    private static function reason(string $warning): string
    {
        return (string) preg_replace(['/^\w+\(\): /', '/\s+/'], ['', ' '], $warning);
    }

    private function failure(int $errno, string $error): ConnectionException
    {
        if (in_array($errno, self::NOBODY_LISTENS, true)) {
            return new DaemonNotRunning("no Parallite daemon listens at {$this->uri} ($error); " . self::$advice);
        }
        $isBusy = in_array($errno, self::TRY_AGAIN, true);
        if (str_contains($error, 'certificate verify failed')) {
            $error .= '; name the authority that has signed its certificate in PARALLITE_CA_FILE';
        }
        return new ConnectionException("cannot connect to the daemon at {$this->uri}: "
            . ($isBusy ? "it has accepted no connection for {$this->timeout} seconds" : $error));
    }
}
