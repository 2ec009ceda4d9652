<?php

/**
 * Gearman, to compare with: a job server of its own on a free port of the loopback interface, and two workers, each of
 * which registers a function that does nothing.
 */

declare(strict_types=1);

final class GearmanWay
{
    /** Seconds that the server may take to listen. */
    private const PATIENCE = 10;

    private const WORKER = '$worker = new GearmanWorker(); $worker->addServer("127.0.0.1", (int) $argv[1]);'
        . '$worker->addFunction("noop", static fn(GearmanJob $job): string => "42"); while ($worker->work());';

    /** @param list<resource> $processes the server first */
    private function __construct(private readonly array $processes, private readonly GearmanClient $client)
    {
    }

    /** What is missing here to start it; null when nothing is. */
    public static function missing(): ?string
    {
        return match (true) {
            !class_exists(GearmanClient::class) => 'ext-gearman is not loaded (Debian: php-gearman)',
            self::server() === null => 'there is no gearmand (Debian: gearman-job-server)',
            default => null,
        };
    }

    private static function server(): ?string
    {
        foreach ([...explode(PATH_SEPARATOR, (string) getenv('PATH')), '/usr/sbin', '/usr/local/sbin'] as $directory) {
            if (is_executable("$directory/gearmand")) {
                return "$directory/gearmand";
            }
        }
        return null;
    }

    public static function start(int $workers): self
    {
        $free = stream_socket_server('tcp://127.0.0.1:0');
        $port = (int) substr(strrchr(stream_socket_get_name($free, false), ':'), 1);
        fclose($free);
        $nothing = [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']];
        $server = [self::server(), '--listen=127.0.0.1', "--port=$port", '--log-file=none'];
        $processes = [proc_open($server, $nothing, $pipes)];
        $deadline = microtime(true) + self::PATIENCE;
        while (($connection = @stream_socket_client("tcp://127.0.0.1:$port")) === false) {
            if (microtime(true) > $deadline) {
                proc_terminate($processes[0]);
                throw new RuntimeException("gearmand does not listen on port $port");
            }
            usleep(20_000);
        }
        fclose($connection);
        for ($i = 0; $i < $workers; $i++) {
            $processes[] = proc_open([PHP_BINARY, '-r', self::WORKER, (string) $port], $nothing, $pipes);
        }
        $client = new GearmanClient();
        $client->addServer('127.0.0.1', $port);
        return new self($processes, $client);
    }

    /**
     * Runs jobs, all of which are in flight at a time.
     *
     * @return list<mixed> their results
     */
    public function run(int $jobs): array
    {
        $results = [];
        $this->client->setCompleteCallback(static function (GearmanTask $task) use (&$results): void {
            $results[] = (int) $task->data();
        });
        for ($i = 0; $i < $jobs; $i++) {
            $this->client->addTask('noop', '-', null, (string) $i);
        }
        $this->client->runTasks();
        return $results;
    }

    /** @return list<int> the job server's process and those of the workers */
    public function pids(): array
    {
        return array_map(static fn(mixed $process): int => proc_get_status($process)['pid'], $this->processes);
    }

    public function stop(): void
    {
        foreach (array_reverse($this->processes) as $process) {
            proc_terminate($process, SIGKILL);
            proc_close($process);
        }
    }
}
