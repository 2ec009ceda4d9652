<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use RuntimeException;

/**
 * A real template process, with the test in the place of the daemon.
 */
final class TemplateProcess
{
    /** Seconds within which everything has to happen. */
    private const PATIENCE = 120;

    /** @var array<string, mixed> what it says about itself */
    public readonly array $nature;

    /** @var resource */
    private readonly mixed $channel;

    private int $forks = 0;

    /** @var list<resource> the reading ends of the forks' standard errors */
    private array $errors = [];

    /**
     * @param resource $process
     * @param resource $server
     */
    private function __construct(
        private readonly mixed $process,
        private readonly mixed $server,
        public readonly string $directory,
    ) {
        $this->channel = $this->accept();
        $hello = self::read($this->channel);
        if ($hello['token'] !== 'of the template' || $hello['features'] !== []) {
            throw new RuntimeException('no hello of a template: ' . json_encode($hello));
        }
        $this->nature = $this->ask(['type' => 'inspect']);
    }

    /**
     * @param string $bootstrap code of its bootstrap file
     * @param string ...$options of PHP
     */
    public static function start(string $bootstrap = '', string ...$options): self
    {
        $directory = sys_get_temp_dir() . '/plt-' . bin2hex(random_bytes(4));
        mkdir($directory, 0700);
        file_put_contents("$directory/boot.php", "<?php $bootstrap");
        file_put_contents("$directory/stub.php", "<?php require '" . WorkerProcess::script() . "';");
        $server = stream_socket_server("unix://$directory/workers.sock");
        $process = proc_open(
            [PHP_BINARY, ...$options],
            [['file', "$directory/stub.php", 'r'], ['file', '/dev/null', 'a'], ['file', "$directory/stderr", 'a']],
            $pipes,
            '/',
            [
                'WORKER_NAME' => 'template-1',
                'PARALLITE_WORKER_SOCKET' => "unix://$directory/workers.sock",
                'PARALLITE_WORKER_TOKEN' => 'of the template',
                'PARALLITE_WORKER_TEMPLATE' => '1',
                'PARALLITE_WORKER_BOOTSTRAP' => "$directory/boot.php",
                'PARALLITE_EVENTS' => '1',
            ] + getenv(),
        );
        return new self($process, $server, $directory);
    }

    /**
     * Has it fork so many workers.
     *
     * @return array<int, resource> the channel of each, by its process id in the order of the request
     */
    public function fork(int $count): array
    {
        $workers = [];
        for ($i = 0; $i < $count; $i++) {
            $number = ++$this->forks;
            posix_mkfifo("$this->directory/$number.err", 0600);
            $this->errors[] = fopen("$this->directory/$number.err", 'r+') ?: throw new RuntimeException('no pipe');
            $workers[] = [
                'name' => "work-$number",
                'token' => "token-$number",
                'stdout' => "$this->directory/$number.out",
                'stderr' => "$this->directory/$number.err",
                'stderr_mark' => "mark-$number",
            ];
        }
        self::write($this->channel, ['type' => 'fork', 'workers' => $workers]);
        $byToken = [];
        for ($i = 0; $i < $count; $i++) {
            $channel = $this->accept();
            $byToken[self::read($channel)['token']] = $channel;
        }
        $forked = self::read($this->channel);
        $channels = [];
        foreach ($workers as $index => $worker) {
            $channels[$forked['pids'][$index]] = $byToken[$worker['token']];
        }
        return $channels;
    }

    /**
     * Runs a callable with a name in a fork.
     *
     * @param resource $channel of the fork
     * @param array<string, mixed> $fields more of the request
     * @return array<string, mixed> the reply
     */
    public static function run(mixed $channel, string $name, array $fields = []): array
    {
        self::write($channel, ['type' => 'submit', 'task_id' => "run $name", 'payload' => $name] + $fields);
        return self::read($channel);
    }

    /** What the fork with this index has written to standard error so far. */
    public function stderrOf(int $index): string
    {
        stream_set_blocking($this->errors[$index], false);
        return (string) stream_get_contents($this->errors[$index]);
    }

    /** What it has written to standard error itself. */
    public function stderr(): string
    {
        return (string) file_get_contents("$this->directory/stderr");
    }

    /** Ends it, and waits for that; its exit code. */
    public function end(): int
    {
        fclose($this->channel);
        $deadline = hrtime(true) + self::PATIENCE * 1_000_000_000;
        do {
            $status = proc_get_status($this->process);
            usleep(2_000);
        } while ($status['running'] && hrtime(true) < $deadline);
        foreach (glob("$this->directory/*") ?: [] as $file) {
            unlink($file);
        }
        rmdir($this->directory);
        return $status['exitcode'];
    }

    /** @return resource */
    private function accept(): mixed
    {
        $connection = @stream_socket_accept($this->server, self::PATIENCE);
        if ($connection === false) {
            throw new RuntimeException('nobody connects; standard error: ' . $this->stderr());
        }
        stream_set_timeout($connection, self::PATIENCE);
        return $connection;
    }

    /**
     * @param array<string, mixed> $message
     * @return array<string, mixed>
     */
    private function ask(array $message): array
    {
        self::write($this->channel, $message);
        return self::read($this->channel);
    }

    /**
     * @param resource $channel
     * @param array<string, mixed> $message
     */
    private static function write(mixed $channel, array $message): void
    {
        $body = json_encode($message, JSON_THROW_ON_ERROR);
        fwrite($channel, pack('N', strlen($body)) . $body);
    }

    /**
     * @param resource $channel
     * @return array<string, mixed>
     */
    private static function read(mixed $channel): array
    {
        $head = (string) stream_get_contents($channel, 4);
        if (strlen($head) < 4) {
            throw new RuntimeException('the channel has ended');
        }
        return json_decode((string) stream_get_contents($channel, unpack('N', $head)[1]), true);
    }
}
