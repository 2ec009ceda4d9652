<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Wire\MalformedBody;

/**
 * One connection to the daemon, opened by the first request, and opened again by the next one after it was
 * lost. Any number of requests may be in flight; replies are told apart by their task_id.
 *
 * @internal
 */
final class Connection
{
    private const CHUNK = 1_048_576;

    /** Unsent bytes from which on a sender waits, and takes in replies meanwhile. */
    private const HIGH_WATER = 4_194_304;

    private const CONNECT_TIMEOUT = 10.0;

    private readonly Encodings $encodings;

    private readonly Encoding $encoding;

    /** @var resource|null */
    private mixed $socket = null;

    private int $pid = 0;

    private string $outgoing = '';

    private int $sent = 0;

    private string $incoming = '';

    /** @var array<string, non-empty-list<Exchange>> by task_id, oldest first */
    private array $inFlight = [];

    public function __construct(private readonly string $uri)
    {
        $this->encodings = new Encodings();
        $this->encoding = extension_loaded('msgpack') && $this->encodings->messagePack !== null
            ? $this->encodings->messagePack
            : $this->encodings->json;
    }

    /**
     * @param array<string, mixed> $request
     * @throws ConnectionException when there is no connection and none can be made
     */
    public function send(array $request): Exchange
    {
        if (!$this->encoding->isBinarySafe() && preg_match('//u', (string) ($request['payload'] ?? '')) !== 1) {
            $request['payload'] = base64_encode($request['payload']); // the worker takes either
        }
        $body = $this->encoding->encode($request);
        $this->open();
        $exchange = new Exchange($this, strlen($body));
        $this->inFlight[$request['task_id']][] = $exchange;
        $this->outgoing .= pack('N', strlen($body)) . $body;
        $this->flush();
        while (strlen($this->outgoing) - $this->sent > self::HIGH_WATER) {
            $this->progress(null);
        }
        return $exchange;
    }

    /** Sends and takes in what is possible now; if nothing is, waits for it, at most $timeout seconds. */
    public function progress(?float $timeout): void
    {
        if ($this->socket === null || $this->pid !== getmypid()) {
            $this->lose('is not open in this process');
            return;
        }
        $read = [$this->socket];
        $write = $this->outgoing === '' ? [] : [$this->socket];
        $except = null;
        $seconds = $timeout === null ? null : (int) $timeout;
        $micros = $timeout === null ? null : (int) (($timeout - (int) $timeout) * 1e6);
        // false: a signal came in between; the caller looks again
        if ((int) @stream_select($read, $write, $except, $seconds, $micros) > 0) {
            if ($write !== []) {
                $this->flush();
            }
            if ($read !== []) {
                $this->receive();
            }
        }
    }

    private function open(): void
    {
        if ($this->socket !== null && $this->pid !== getmypid()) {
            $this->lose('belongs to the parent process'); // the parent keeps its own descriptor of it
        }
        if ($this->socket !== null && $this->inFlight === [] && feof($this->socket)) {
            $this->lose('was closed by the daemon'); // while it was idle: nothing is lost
        }
        if ($this->socket !== null) {
            return;
        }
        $context = stream_context_create(['socket' => ['tcp_nodelay' => true]]);
        $socket = @stream_socket_client(
            $this->uri,
            $errno,
            $error,
            self::CONNECT_TIMEOUT,
            STREAM_CLIENT_CONNECT,
            $context,
        );
        if ($socket === false) {
            $absent = in_array($errno, [2, 61, 111, 10061], true); // no such file, connection refused
            throw $absent
                ? new DaemonNotRunning("no Parallite daemon listens at {$this->uri} ($error); start it with "
                    . '`parallite`, or name its address in PARALLITE_SOCKET')
                : new ConnectionException("cannot connect to the daemon at {$this->uri}: $error");
        }
        stream_set_blocking($socket, false);
        stream_set_read_buffer($socket, 0);
        stream_set_write_buffer($socket, 0);
        $this->socket = $socket;
        $this->pid = (int) getmypid();
    }

    private function flush(): void
    {
        while ($this->socket !== null && $this->sent < strlen($this->outgoing)) {
            $bytes = $this->sent === 0 && strlen($this->outgoing) <= self::CHUNK
                ? $this->outgoing
                : substr($this->outgoing, $this->sent, self::CHUNK);
            $written = @fwrite($this->socket, $bytes);
            if ($written === false) {
                $this->receive(); // what the daemon said before it hung up
                $this->lose('was lost');
                return;
            }
            if ($written === 0) {
                return;
            }
            $this->sent += $written;
        }
        $this->outgoing = '';
        $this->sent = 0;
    }

    private function receive(): void
    {
        while ($this->socket !== null) {
            $chunk = @fread($this->socket, self::CHUNK);
            if ($chunk === '' || $chunk === false) {
                if (feof($this->socket)) {
                    $this->lose('was closed by the daemon');
                }
                return;
            }
            $this->incoming = $this->incoming === '' ? $chunk : $this->incoming . $chunk;
            $this->takeFrames();
        }
    }

    private function takeFrames(): void
    {
        $held = strlen($this->incoming);
        $offset = 0;
        while ($held - $offset >= 4) {
            $length = unpack('N', $this->incoming, $offset)[1];
            if ($held - $offset < $length + 4) {
                break;
            }
            $this->take(substr($this->incoming, $offset + 4, $length));
            if ($this->socket === null) {
                return;
            }
            $offset += $length + 4;
        }
        if ($offset > 0) {
            $this->incoming = $offset === $held ? '' : substr($this->incoming, $offset);
        }
    }

    private function take(string $body): void
    {
        try {
            $reply = $this->encodings->of($body)->decode($body);
        } catch (MalformedBody $e) {
            $this->lose('carries something else than replies: ' . $e->getMessage());
            return;
        }
        $id = $reply['task_id'] ?? null;
        if (!is_string($id)) {
            $id = $this->blame($reply);
        }
        if (!isset($this->inFlight[$id])) {
            return;
        }
        $exchange = array_shift($this->inFlight[$id]);
        if ($this->inFlight[$id] === []) {
            unset($this->inFlight[$id]);
        }
        $exchange->complete($reply);
    }

    /**
     * Whose reply it is when it has no task_id: the daemon does not look into a frame that is too large.
     *
     * @param array<array-key, mixed> $reply
     */
    private function blame(array $reply): string
    {
        $largest = '';
        $bytes = -1;
        foreach ($this->inFlight as $id => [$exchange]) {
            if ($exchange->bytes > $bytes) {
                [$largest, $bytes] = [(string) $id, $exchange->bytes];
            }
        }
        return $largest;
    }

    private function lose(string $how): void
    {
        $this->socket = null;
        $this->outgoing = $this->incoming = '';
        $this->sent = 0;
        $lost = $this->inFlight;
        $this->inFlight = [];
        foreach ($lost as $exchanges) {
            foreach ($exchanges as $exchange) {
                $exchange->fail(new ConnectionException("the connection to the daemon at {$this->uri} $how while "
                    . count($lost) . ' task(s) were in flight; they may or may not have run'));
            }
        }
    }
}
