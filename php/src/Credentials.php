<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;
use InvalidArgumentException;
use SensitiveParameter;

/**
 * What a client shows a daemon on TCP, and how it recognizes one at a `tls://` address.
 *
 * What is not given comes from the environment: PARALLITE_AUTH_TOKEN, PARALLITE_AUTH_TOKEN_FILE, PARALLITE_CA_FILE,
 * PARALLITE_CLIENT_CERTIFICATE_FILE and PARALLITE_CLIENT_KEY_FILE. Domain sockets need none of it.
 */
final class Credentials
{
    private readonly ?string $token;

    private readonly ?string $tokenFile;

    private readonly ?string $caFile;

    private readonly ?string $certificateFile;

    private readonly ?string $keyFile;

    /**
     * @param ?string $token the daemon's `auth_token`, in place of a file
     * @param ?string $tokenFile a file that holds it, read again for each connection
     * @param ?string $caFile authorities in PEM, one of which has signed the daemon's certificate; else the system's
     * @param ?string $certificateFile the client's certificate in PEM, where the daemon asks for one
     * @param ?string $keyFile its private key; else it is in the same file
     * @param ?string $serverName the name in the daemon's certificate; else the host of its address
     */
    public function __construct(
        #[SensitiveParameter]
        ?string $token = null,
        ?string $tokenFile = null,
        ?string $caFile = null,
        ?string $certificateFile = null,
        ?string $keyFile = null,
        private readonly ?string $serverName = null,
    ) {
        if ($token !== null && $tokenFile !== null) {
            throw new InvalidArgumentException('token and tokenFile are given; give one of them');
        }
        $isGiven = $token !== null || $tokenFile !== null;
        $this->token = $isGiven ? $token : self::variable('PARALLITE_AUTH_TOKEN');
        $this->tokenFile = $isGiven ? $tokenFile : self::variable('PARALLITE_AUTH_TOKEN_FILE');
        $this->caFile = $caFile ?? self::variable('PARALLITE_CA_FILE');
        $this->certificateFile = $certificateFile ?? self::variable('PARALLITE_CLIENT_CERTIFICATE_FILE');
        $this->keyFile = $keyFile ?? ($certificateFile === null ? self::variable('PARALLITE_CLIENT_KEY_FILE') : null);
    }

    private static function variable(string $name): ?string
    {
        $value = getenv($name);
        return is_string($value) && $value !== '' ? $value : null;
    }

    /**
     * The token to show, if there is one.
     *
     * @internal
     * @param ?string $configured the file that the project's parallite.json names, for a daemon that it names as well
     * @throws ConnectionException when its file can't be read
     */
    public function token(?string $configured): ?string
    {
        $file = $this->tokenFile ?? $configured;
        if ($this->token !== null || $file === null) {
            return $this->token;
        }
        $content = Quietly::call(static fn(): string|false => file_get_contents($file));
        return is_string($content) ? trim($content) : throw new ConnectionException("the token for the daemon can't be read "
            . "from $file; make it readable for the user of this program, or name another in PARALLITE_AUTH_TOKEN_FILE");
    }

    /**
     * PHP's options for a TLS connection.
     *
     * @internal
     * @return array<string, string|bool>
     * @throws ConnectionException when a file can't be read
     */
    public function tlsOptions(): array
    {
        $options = ['verify_peer' => true, 'verify_peer_name' => true];
        $given = ['cafile' => $this->caFile, 'local_cert' => $this->certificateFile, 'local_pk' => $this->keyFile];
        foreach (array_filter($given, is_string(...)) as $name => $file) {
            if (!is_readable($file)) {
                throw new ConnectionException("$file, which TLS needs, can't be read; make it readable for the user of this program");
            }
            $options[$name] = $file;
        }
        return $this->serverName === null ? $options : $options + ['peer_name' => $this->serverName];
    }

    /** @return array<string, string> what a dump shows: not the token */
    public function __debugInfo(): array
    {
        return array_filter([
            'token' => $this->token === null ? null : '***',
            'tokenFile' => $this->tokenFile,
            'caFile' => $this->caFile,
            'certificateFile' => $this->certificateFile,
            'keyFile' => $this->keyFile,
            'serverName' => $this->serverName,
        ], is_string(...));
    }
}
