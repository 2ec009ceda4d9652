<?php

/**
 * The ways to run tasks that compare.php compares: name => what runs a list of closures and gives their results in
 * order. Forking and starting processes are done as plainly as it can be done well: all at once, results collected as
 * they come.
 */

declare(strict_types=1);

use B7s\Parallite\Client;
use Laravel\SerializableClosure\SerializableClosure;

/**
 * A child process for each task, which inherits it and sends its result through a pair of sockets.
 *
 * @param list<Closure> $tasks
 * @return list<mixed>
 */
function fork_each(array $tasks): array
{
    $sockets = $children = [];
    foreach ($tasks as $i => $task) {
        [$ours, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $pid = pcntl_fork();
        if ($pid === 0) {
            fwrite($theirs, serialize($task()));
            posix_kill(posix_getpid(), SIGKILL); // without the parent's shutdown functions and destructors
        }
        fclose($theirs);
        $sockets[$i] = $ours;
        $children[] = $pid;
    }
    $results = array_map(unserialize(...), collect($sockets));
    foreach ($children as $pid) {
        pcntl_waitpid($pid, $status);
    }
    return $results;
}

/**
 * A new PHP for each task, which reads it from its standard input. At most ten at once: a machine is not to be filled
 * with a hundred of them.
 *
 * @param list<Closure> $tasks
 * @return list<mixed>
 */
function start_each(array $tasks): array
{
    $code = sprintf('require %s; error_reporting(E_ALL & ~E_DEPRECATED);
        echo serialize(unserialize(stream_get_contents(STDIN))->getClosure()());', var_export(AUTOLOAD, true));
    $results = [];
    foreach (array_chunk($tasks, 10) as $chunk) {
        $outputs = $processes = [];
        foreach ($chunk as $i => $task) {
            $processes[] = proc_open([PHP_BINARY, '-r', $code], [['pipe', 'r'], ['pipe', 'w']], $pipes);
            fwrite($pipes[0], serialize(new SerializableClosure($task)));
            fclose($pipes[0]);
            $outputs[$i] = $pipes[1];
        }
        array_push($results, ...array_map(unserialize(...), collect($outputs)));
        array_map(proc_close(...), $processes);
    }
    return $results;
}

/**
 * Reads streams to their ends, whichever has something.
 *
 * @param array<int, resource> $streams
 * @return array<int, string>
 */
function collect(array $streams): array
{
    $texts = array_fill_keys(array_keys($streams), '');
    while ($streams !== []) {
        $ready = $streams;
        $write = $except = null;
        stream_select($ready, $write, $except, null);
        foreach ($ready as $i => $stream) {
            $chunk = fread($stream, 1 << 20);
            if ($chunk === '' || $chunk === false) {
                fclose($stream);
                unset($streams[$i]);
            } else {
                $texts[$i] .= $chunk;
            }
        }
    }
    return $texts;
}

$client = Client::connect();

return [
    'one after the other' => static fn(array $tasks): array => array_map(static fn($task) => $task(), $tasks),
    'Parallite' => $client->all(...),
    'pcntl_fork per task' => fork_each(...),
    'proc_open per task' => start_each(...),
];
