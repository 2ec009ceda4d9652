<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use PDO;
use PDOException;
use RuntimeException;

/**
 * A MariaDB server of a test's, in a directory of its own, which it is removed with. It has the database `shop`, listens on a
 * socket there, and asks for no password.
 */
final class MariaDb
{
    /** Seconds that a start may take. */
    private const PATIENCE = 120;

    public readonly string $socket;

    /** @var resource */
    private readonly mixed $process;

    private function __construct(private readonly string $directory, string $program)
    {
        $this->socket = "$directory/socket";
        $user = function_exists('posix_geteuid') && posix_geteuid() === 0 ? ['--user=root'] : [];
        $process = proc_open([
            $program, "--datadir=$directory/data", "--socket={$this->socket}", "--pid-file=$directory/pid",
            '--skip-networking', '--skip-grant-tables', '--skip-log-bin', '--innodb-buffer-pool-size=16M',
            '--innodb-log-file-size=4M', '--innodb-flush-log-at-trx-commit=0', '--performance-schema=OFF', ...$user,
        ], [['file', '/dev/null', 'r'], ['file', "$directory/log", 'a'], ['file', "$directory/log", 'a']], $pipes);
        $this->process = $process ?: throw new RuntimeException("$program cannot be started");
    }

    /** Why there can be none; null: there can. */
    public static function objection(): ?string
    {
        return match (true) {
            !extension_loaded('pdo_mysql') => 'there is no pdo_mysql',
            self::program() === null => 'there is no mariadbd; deploy/tools-for-tests brings one',
            default => null,
        };
    }

    public static function start(): self
    {
        $directory = sys_get_temp_dir() . '/parallite-mariadb-' . bin2hex(random_bytes(6));
        mkdir("$directory/data", 0700, true);
        $server = new self($directory, self::program() ?? throw new RuntimeException('there is no mariadbd'));
        for ($end = microtime(true) + self::PATIENCE; ; usleep(20_000)) {
            try {
                $server->connect('')->exec('create database shop');
                return $server;
            } catch (PDOException $e) {
                $isOver = microtime(true) > $end || !proc_get_status($server->process)['running'];
                if ($isOver) {
                    $log = (string) file_get_contents("$directory/log");
                    $server->stop();
                    throw new RuntimeException("mariadbd does not start: {$e->getMessage()}\n$log", previous: $e);
                }
            }
        }
    }

    public function connect(string $database = 'shop'): PDO
    {
        return new PDO("mysql:unix_socket={$this->socket};dbname=$database", 'root', '', [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    }

    public function stop(): void
    {
        proc_terminate($this->process);
        proc_close($this->process);
        exec('rm -r ' . escapeshellarg($this->directory));
    }

    private static function program(): ?string
    {
        $ours = dirname(__DIR__, 3) . '/target/tools/mariadb/bin/mariadbd';
        foreach ([$ours, '/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd'] as $program) {
            if (is_executable($program)) {
                return $program;
            }
        }
        return null;
    }
}
