<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Wire\MalformedBody;

/**
 * One connection to the daemon, opened by the first request, and opened again by the next one after it was
 * lost. Any number of requests may be in flight; replies are told apart by their task_id.
 *
 * It belongs to the process that opened it: a child that was forked opens one of its own.
 *
 * @internal
 */
final class Connection
{
    /** Bytes that are read at once; more when the rest of a larger frame is due. */
    private const CHUNK = 65_536;

    private const LARGE_CHUNK = 1_048_576;

    /** Unsent bytes from which on a sender waits, and takes in replies meanwhile. */
    private const HIGH_WATER = 4_194_304;

    /** Held back bytes that are sent anyway. */
    private const BATCH = 16_384;

    /** How long closing may wait for the daemon to take what is unsent, in seconds. */
    private const LINGER = 5.0;

    private readonly Encodings $encodings;

    private readonly Encoding $encoding;

    /** @var resource|null */
    private mixed $socket = null;

    private int $pid = 0;

    private readonly Outbox $outbox;

    private string $incoming = '';

    /** Bytes of a frame that has begun to come, as far as is known. */
    private int $missing = 0;

    /** @var array<string, non-empty-list<Exchange>> by task_id, oldest first */
    private array $inFlight = [];

    public function __construct(private readonly Connector $connector)
    {
        $this->outbox = new Outbox();
        $this->encodings = new Encodings();
        $this->encoding = extension_loaded('msgpack') && $this->encodings->messagePack !== null
            ? $this->encodings->messagePack
            : $this->encodings->json;
    }

    /**
     * @param array<string, mixed> $request
     * @param bool $more another request follows at once: it may wait for that one
     * @throws ConnectionException when there is no connection and none can be made
     */
    public function send(array $request, ?Reports $reports = null, bool $more = false): Exchange
    {
        [$head, $tail] = $this->encode($request);
        $this->open();
        $length = strlen($head) + strlen($tail);
        $exchange = new Exchange($length, $reports);
        $this->inFlight[$request['task_id']][] = $exchange;
        $this->outbox->add(pack('N', $length) . $head);
        $this->outbox->add($tail);
        Loop::watch($this);
        if ($more && $this->outbox->bytes() < self::BATCH) {
            return $exchange;
        }
        $this->flush();
        if ($this->outbox->bytes() > self::HIGH_WATER) {
            Loop::until(fn(): bool => $this->outbox->bytes() <= self::HIGH_WATER, null);
        }
        return $exchange;
    }

    /**
     * @param array<string, mixed> $request
     * @return array{string, string} the body in two parts, of which the second is a large payload, or empty
     */
    private function encode(array $request): array
    {
        $payload = $request['payload'] ?? null;
        if ($payload === null) {
            return [$this->encoding->encode($request), ''];
        }
        unset($request['payload']);
        return $this->encoding->encodeWith(
            $request,
            'payload',
            $this->encoding->isBinarySafe() ? $payload : self::asText($payload),
        );
    }

    /** Whether a request of this id has not been answered yet. */
    public function isInFlight(string $id): bool
    {
        return isset($this->inFlight[$id]);
    }

    /**
     * Connects, unless it is connected.
     *
     * @throws ConnectionException
     */
    public function open(): void
    {
        if ($this->socket !== null && $this->pid !== getmypid()) {
            $this->lose('belongs to the parent process'); // the parent keeps its own descriptor of it
        }
        if ($this->socket !== null && $this->inFlight === [] && feof($this->socket)) {
            $this->lose('was closed by the daemon'); // while it was idle: nothing is lost
        }
        if ($this->socket === null) {
            $this->socket = $this->connector->connect();
            $this->pid = (int) getmypid();
        }
    }

    public function isOpen(): bool
    {
        return $this->socket !== null && $this->pid === getmypid();
    }

    /** @return resource|null to wait on; null, and whoever waits is told, when it is not open in this process */
    public function socket(): mixed
    {
        if (!$this->isOpen()) {
            $this->lose('is not open in this process');
            return null;
        }
        return $this->socket;
    }

    public function hasUnsent(): bool
    {
        return $this->outbox->bytes() > 0;
    }

    /** Sends what the daemon takes now. */
    public function flush(): void
    {
        if ($this->socket === null) {
            return;
        }
        if (!$this->outbox->sendTo($this->socket)) {
            $this->receive(); // what the daemon said before it hung up
            $this->lose('was lost');
            return;
        }
        $this->rest();
    }

    /** Nothing is due: no reply, nor, when a request was refused before all of it was sent, the rest of that. */
    private function rest(): void
    {
        if ($this->inFlight === [] && $this->outbox->bytes() === 0) {
            Loop::forget($this);
        }
    }

    /** Takes in what has come. */
    public function receive(): void
    {
        while ($this->socket !== null) {
            $most = max(self::CHUNK, min($this->missing, self::LARGE_CHUNK));
            $chunk = @fread($this->socket, $most);
            if ($chunk === '' || $chunk === false) {
                if (feof($this->socket)) {
                    $this->lose('was closed by the daemon');
                }
                return;
            }
            $this->incoming .= $chunk;
            $this->takeFrames();
            if (strlen($chunk) < $most) {
                return; // most likely all; what is not, the next turn finds
            }
        }
    }

    /** Sends what is unsent, then ends the connection: tasks go on, replies are given up. */
    public function close(): void
    {
        if (!$this->isOpen()) {
            $this->socket = null;
            Loop::forget($this);
            return;
        }
        if ($this->hasUnsent()) {
            Loop::until(fn(): bool => !$this->hasUnsent(), self::LINGER, isBlocking: true);
        }
        $this->lose('was closed by the client');
    }

    private function takeFrames(): void
    {
        $held = strlen($this->incoming);
        $offset = 0;
        while ($held - $offset >= 4) {
            $length = unpack('N', $this->incoming, $offset)[1];
            $this->missing = $length + 4 - ($held - $offset);
            if ($this->missing > 0) {
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
            $frame = $this->encodings->of($body)->decode($body);
        } catch (MalformedBody $e) {
            $this->lose('carries something else than replies: ' . $e->getMessage());
            return;
        }
        $id = $frame['task_id'] ?? null;
        if (!is_string($id)) {
            $id = $this->blame();
        }
        if (!isset($this->inFlight[$id])) {
            return;
        }
        if (isset($frame['event'])) {
            foreach ($this->inFlight[$id] as $exchange) {
                $exchange->report($frame);
            }
            return;
        }
        $exchange = array_shift($this->inFlight[$id]);
        if ($this->inFlight[$id] === []) {
            unset($this->inFlight[$id]);
            $this->rest();
        }
        $exchange->complete($frame);
    }

    /** Whose reply it is when it has no task_id: the daemon does not look into a frame that is too large. */
    private function blame(): string
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
        $this->outbox->clear();
        $this->incoming = '';
        $this->missing = 0;
        Loop::forget($this);
        $lost = $this->inFlight;
        $this->inFlight = [];
        foreach ($lost as $id => $exchanges) {
            foreach ($exchanges as $exchange) {
                $exchange->fail(new ConnectionException("the connection to the daemon at {$this->connector->uri} $how "
                    . 'while ' . count($lost) . " task(s) were in flight; they may or may not have run (await \"$id\" "
                    . 'by its id, if the daemon still runs)'));
            }
        }
    }

    /** A payload for JSON: what is not UTF-8 goes in base64, behind the prefix if it has one. */
    private static function asText(string $payload): string
    {
        if (preg_match('//u', $payload) === 1) {
            return $payload;
        }
        $prefix = str_starts_with($payload, TaskPayload::PREFIX) ? TaskPayload::PREFIX : '';
        return $prefix . base64_encode(substr($payload, strlen($prefix)));
    }
}
