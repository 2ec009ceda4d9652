<?php

declare(strict_types=1);

const PARALLITE = __DIR__ . '/../../target/parallite/bin/parallite';

/** A daemon of its own, in a directory of its own, until it is stopped. */
final class BenchmarkedDaemon
{
    public readonly string $socket;

    public readonly float $startedAfter;

    private readonly string $directory;

    /** @var resource */
    private $process;

    public function __construct(string ...$flags)
    {
        $this->directory = sys_get_temp_dir() . '/parallite-bench-' . bin2hex(random_bytes(6));
        mkdir($this->directory, 0700);
        $this->socket = "$this->directory/socket";
        $log = ['file', "$this->directory/log", 'a'];
        $since = hrtime(true);
        $process = proc_open(
            [(string) realpath(PARALLITE), '--socket', $this->socket, ...$flags],
            [['file', '/dev/null', 'r'], $log, $log],
            $pipes,
            $this->directory,
            ['XDG_RUNTIME_DIR' => $this->directory] + getenv(),
        );
        $this->process = $process !== false ? $process : throw new RuntimeException('the daemon cannot be started');
        while (!file_exists($this->socket)) {
            if (!proc_get_status($this->process)['running']) {
                throw new RuntimeException('the daemon ended: ' . file_get_contents("$this->directory/log"));
            }
            usleep(1_000);
            clearstatcache();
        }
        $this->startedAfter = (hrtime(true) - $since) / 1e9;
    }

    /** Its process. */
    public function pid(): int
    {
        return proc_get_status($this->process)['pid'];
    }

    /** @return list<int> the processes that it is the parent of, whatever thread has started them */
    public function children(): array
    {
        $children = '';
        foreach (glob("/proc/{$this->pid()}/task/*/children") ?: [] as $list) {
            $children .= @file_get_contents($list);
        }
        return array_map(intval(...), preg_split('/ /', $children, flags: PREG_SPLIT_NO_EMPTY) ?: []);
    }

    /** @return float seconds until it was gone */
    public function stop(): float
    {
        $since = hrtime(true);
        proc_terminate($this->process);
        while (proc_get_status($this->process)['running']) {
            usleep(500);
        }
        $took = (hrtime(true) - $since) / 1e9;
        exec('rm -r ' . escapeshellarg($this->directory));
        return $took;
    }
}
