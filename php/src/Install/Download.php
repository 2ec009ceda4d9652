<?php

declare(strict_types=1);

namespace B7s\Parallite\Install;

use B7s\Parallite\Exception\InstallFailed;
use B7s\Parallite\Quietly;
use Closure;

/**
 * Fetches files over HTTP, or from a directory, by PHP's own streams: through the proxy that the environment names, and
 * following redirects.
 */
final class Download
{
    /** Seconds without a byte after which it is given up. */
    private const PATIENCE = 30;

    private const PIECE = 1 << 16;

    /** Of a list of checksums. */
    private const LONGEST_TEXT = 1 << 20;

    /** @param Closure(int, ?int): void $progress hears how many bytes have come, and of how many if that is known */
    public function __construct(private readonly Closure $progress)
    {
    }

    /**
     * The content of a small file.
     *
     * @throws InstallFailed
     */
    public function text(string $from): string
    {
        $source = $this->open($from);
        $text = Quietly::call(static fn() => stream_get_contents($source, self::LONGEST_TEXT));
        $this->assertComplete($source, strlen((string) $text), $from);
        fclose($source);
        return (string) $text;
    }

    /**
     * Copies a file, which must have this checksum.
     *
     * @param resource $into
     * @param string $sha256 in hexadecimal digits
     * @throws InstallFailed
     */
    public function copy(string $from, mixed $into, string $sha256): void
    {
        $source = $this->open($from);
        $hash = hash_init('sha256');
        $total = self::length($source);
        $bytes = 0;
        while (!feof($source)) {
            $piece = (string) Quietly::call(static fn() => fread($source, self::PIECE));
            if ($piece === '') {
                break;
            }
            hash_update($hash, $piece);
            self::write($into, $piece);
            $bytes += strlen($piece);
            ($this->progress)($bytes, $total);
        }
        $this->assertComplete($source, $bytes, $from);
        fclose($source);
        $found = hash_final($hash);
        if (!hash_equals($sha256, $found)) {
            throw new InstallFailed("$from is not what the release has: its SHA-256 is $found, not $sha256; try again, and "
                . 'if it stays so, do not use this source');
        }
    }

    /** @return resource */
    private function open(string $from): mixed
    {
        $isRemote = preg_match('~^https?://~i', $from) === 1;
        if ($isRemote && !filter_var(ini_get('allow_url_fopen'), FILTER_VALIDATE_BOOL)) {
            throw new InstallFailed("$from cannot be fetched: allow_url_fopen is off; run php with -d allow_url_fopen=1, or "
                . 'fetch it by other means and name its directory in PARALLITE_RELEASES');
        }
        Quietly::begin();
        try {
            $source = fopen($from, 'r', false, self::context($from));
            $warning = Quietly::warning();
        } finally {
            Quietly::end();
        }
        if ($source === false) {
            throw new InstallFailed("$from cannot be fetched: " . self::reason($warning)
                . ($isRemote ? '; is there a proxy to name in HTTPS_PROXY, or a mirror for PARALLITE_RELEASES?' : ''));
        }
        stream_set_timeout($source, self::PATIENCE);
        return $source;
    }

    /** @return resource */
    private static function context(string $from): mixed
    {
        $http = ['timeout' => self::PATIENCE, 'user_agent' => 'parallite', 'follow_location' => 1];
        $scheme = strtolower((string) parse_url($from, PHP_URL_SCHEME));
        $proxy = getenv("{$scheme}_proxy") ?: getenv(strtoupper($scheme) . '_PROXY');
        if (is_string($proxy) && $proxy !== '' && !self::isExempt((string) parse_url($from, PHP_URL_HOST))) {
            $http['proxy'] = 'tcp://' . preg_replace('~^https?://|/$~', '', $proxy);
            $http['request_fulluri'] = $scheme === 'http';
        }
        return stream_context_create(['http' => $http]);
    }

    /** Whether NO_PROXY has this host, or a domain that it is in. */
    private static function isExempt(string $host): bool
    {
        $exempt = getenv('no_proxy') ?: getenv('NO_PROXY') ?: '';
        foreach (preg_split('/[\s,]+/', (string) $exempt, -1, PREG_SPLIT_NO_EMPTY) ?: [] as $name) {
            $name = ltrim($name, '*.');
            if ($name === '' || strcasecmp($host, $name) === 0 || str_ends_with(strtolower($host), '.' . strtolower($name))) {
                return true;
            }
        }
        return false;
    }

    private static function reason(string $warning): string
    {
        $said = preg_replace('/^.*?: (?=Failed to open stream|failed to open stream)/', '', $warning);
        return trim((string) preg_replace('/^failed to open stream: /i', '', (string) $said));
    }

    /** @param resource $source */
    private static function length(mixed $source): ?int
    {
        $headers = stream_get_meta_data($source)['wrapper_data'] ?? null;
        if (!is_array($headers)) {
            return fstat($source)['size'] ?? null;
        }
        $length = null;
        foreach ($headers as $header) { // of all answers, where there were redirects: the last counts
            if (is_string($header) && preg_match('/^HTTP\//i', $header) === 1) {
                $length = null;
            } elseif (is_string($header) && preg_match('/^content-length:\s*(\d+)/i', $header, $match) === 1) {
                $length = (int) $match[1];
            }
        }
        return $length;
    }

    /** @param resource $source */
    private function assertComplete(mixed $source, int $bytes, string $from): void
    {
        $total = self::length($source);
        if (stream_get_meta_data($source)['timed_out'] || ($total !== null && $bytes < $total)) {
            throw new InstallFailed("$from was cut off after $bytes" . ($total === null ? '' : " of $total")
                . ' bytes; try again');
        }
    }

    /** @param resource $into */
    private static function write(mixed $into, string $piece): void
    {
        Quietly::begin();
        try {
            $written = fwrite($into, $piece);
            $warning = Quietly::warning();
        } finally {
            Quietly::end();
        }
        if ($written !== strlen($piece)) {
            $reason = preg_match('/errno=\d+ (.+)$/', $warning, $match) === 1 ? $match[1] : 'no space left';
            throw new InstallFailed(stream_get_meta_data($into)['uri'] . " cannot be written: $reason");
        }
    }
}
