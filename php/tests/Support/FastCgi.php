<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

/**
 * A php-fpm of the test's, and requests to it.
 */
final class FastCgi
{
    private readonly mixed $process;

    /** @param array<string, string> $environment of php-fpm, all of it */
    private function __construct(string $program, private readonly string $directory, array $environment)
    {
        $user = posix_geteuid() === 0 ? "user = 0\ngroup = 0\n" : '';
        file_put_contents("$directory/fpm.conf", "[global]\nerror_log = $directory/fpm.log\n[www]\nlisten = $directory/fpm\n"
            . "pm = static\npm.max_children = 1\nclear_env = no\n$user");
        $this->process = proc_open(
            [$program, '-R', '-F', '-n', '-p', $directory, '-y', "$directory/fpm.conf"],
            [['file', '/dev/null', 'r'], ['file', "$directory/log", 'w'], ['file', "$directory/log", 'a']],
            $pipes,
            $directory,
            $environment,
        );
        for ($i = 0; $i < 10_000 && !file_exists("$directory/fpm"); $i++) {
            usleep(1_000);
            clearstatcache();
        }
    }

    /**
     * @param array<string, string> $environment
     * @return ?self null where there is no php-fpm of this version of PHP
     */
    public static function start(string $directory, array $environment): ?self
    {
        $name = 'php-fpm' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
        foreach (['/usr/sbin', '/usr/local/sbin', dirname(PHP_BINARY)] as $place) {
            if (is_executable("$place/$name")) {
                return new self("$place/$name", $directory, $environment);
            }
        }
        return null;
    }

    /**
     * @param array<string, string> $parameters
     * @return string what the script printed, behind its headers
     */
    public function request(array $parameters): string
    {
        $socket = stream_socket_client("unix://{$this->directory}/fpm");
        $pairs = '';
        foreach ($parameters as $name => $value) {
            $pairs .= pack('NN', strlen($name) | 1 << 31, strlen($value) | 1 << 31) . $name . $value;
        }
        fwrite($socket, self::record(1, pack('nCx5', 1, 0)) . self::record(4, $pairs) . self::record(4) . self::record(5));
        $output = '';
        do {
            [, $type, , $length, $padding] = array_values(unpack('Cversion/Ctype/nid/nlength/Cpadding/x', self::read($socket, 8)));
            $body = substr(self::read($socket, $length + $padding), 0, $length);
            $output .= $type === 6 ? $body : '';
        } while ($type !== 3);
        return explode("\r\n\r\n", $output, 2)[1] ?? $output;
    }

    public function stop(): void
    {
        proc_terminate($this->process);
        proc_close($this->process);
    }

    private static function record(int $type, string $body = ''): string
    {
        return pack('CCnnCx', 1, $type, 1, strlen($body), 0) . $body;
    }

    /** @param resource $socket */
    private static function read(mixed $socket, int $length): string
    {
        return $length === 0 ? '' : (string) stream_get_contents($socket, $length);
    }
}
