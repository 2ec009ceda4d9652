<?php

declare(strict_types=1);

/** As much of a client for Redis as the benchmark needs, without an extension. */
final class RedisConnection
{
    /** @var resource */
    private $stream;

    public function __construct(int $port)
    {
        $stream = stream_socket_client("tcp://127.0.0.1:$port");
        $this->stream = $stream !== false ? $stream : throw new RuntimeException('Redis is not there');
        stream_set_timeout($this->stream, 60);
        socket_set_option(socket_import_stream($this->stream), SOL_TCP, TCP_NODELAY, 1);
    }

    /** Sends a command; its reply is to be read later. */
    public function send(string|int ...$words): void
    {
        $request = '*' . count($words) . "\r\n";
        foreach ($words as $word) {
            $request .= '$' . strlen((string) $word) . "\r\n$word\r\n";
        }
        fwrite($this->stream, $request);
    }

    public function call(string|int ...$words): mixed
    {
        $this->send(...$words);
        return $this->read();
    }

    public function read(): mixed
    {
        $line = rtrim((string) fgets($this->stream), "\r\n");
        $rest = substr($line, 1);
        return match ($line[0] ?? '') {
            '+' => $rest,
            ':' => (int) $rest,
            '$' => $rest === '-1' ? null : $this->bytes((int) $rest),
            '*' => $rest === '-1' ? null : $this->elements((int) $rest),
            default => throw new RuntimeException("Redis says: $line"),
        };
    }

    private function bytes(int $length): string
    {
        return substr((string) stream_get_contents($this->stream, $length + 2), 0, -2);
    }

    /** @return list<mixed> */
    private function elements(int $count): array
    {
        $elements = [];
        for ($i = 0; $i < $count; $i++) {
            $elements[] = $this->read();
        }
        return $elements;
    }

    /** @return array<string, int> how often each command has been called so far, by clients and by scripts */
    public function calls(): array
    {
        preg_match_all('/^cmdstat_(\S+):calls=(\d+)/m', $this->call('info', 'commandstats'), $found);
        return array_map(intval(...), array_combine($found[1], $found[2]));
    }
}
