<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Forks that are children of this process's parent, the daemon.
 *
 * Where the system call can be made, it does just that. Else they are forked by one process in between, which ends at
 * once, so that its children are given to the daemon, a child subreaper; that costs one fork more.
 *
 * @internal
 */
final class SiblingForks
{
    private function __construct()
    {
    }

    /**
     * Each fork has a session of its own.
     *
     * @return int|list<int> in a fork its number, from 0 on; else the process ids of all, 0 for one that could not be
     *     forked
     */
    public static function make(int $count): int|array
    {
        $fork = LibC::siblingFork();
        return $fork === null ? self::throughOneInBetween($count) : self::forkAll($fork, $count);
    }

    /**
     * @param callable(): int $fork
     * @return int|list<int>
     */
    private static function forkAll(callable $fork, int $count): int|array
    {
        $pids = [];
        for ($number = 0; $number < $count; $number++) {
            $pid = $fork();
            if ($pid === 0) {
                posix_setsid();
                return $number;
            }
            $pids[] = max(0, $pid);
        }
        return $pids;
    }

    /** @return int|list<int> */
    private static function throughOneInBetween(int $count): int|array
    {
        $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $between = $pair === false ? -1 : @pcntl_fork();
        if ($pair === false || $between === -1) {
            return array_fill(0, $count, 0);
        }
        if ($between === 0) {
            $forked = self::forkAll(static fn(): int => @pcntl_fork(), $count);
            if (is_int($forked)) {
                array_map(fclose(...), $pair);
                return $forked;
            }
            fwrite($pair[1], pack('N*', ...$forked));
            posix_kill((int) getmypid(), SIGKILL); // nothing else that PHP does at its end may be done twice
        }
        fclose($pair[1]);
        pcntl_waitpid($between, $status);
        $pids = unpack('N*', (string) stream_get_contents($pair[0])) ?: [];
        return array_pad(array_values($pids), $count, 0);
    }
}
