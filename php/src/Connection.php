<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Wire\MalformedBody;

/**
 * One connection to the daemon, opened by the first request, and opened again by the next one after it was
 * lost. Any number of requests may be in flight; replies are matched by their task_id.
 *
 * It belongs to the process that opened it: a child that was forked opens one of its own. Its state changes while
 * signals are held only.
 *
 * @internal
 */
final class Connection
{
    use BoundToProcess;

    /** Bytes that are taken in before somebody else has a turn: who reads emitted values, handlers of signals. */
    private const TURN = 4_194_304;

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

    private int $opened = 0;

    private bool $canBeWatched = true;

    /** Whether the daemon holds events back: one of an earlier version refuses to, in the name of the task. */
    private bool $canHold = true;

    /** Whether a request waits for others: it was found usable, and is looked at again when they are sent. */
    private bool $isBatch = false;

    private readonly Outbox $outbox;

    private readonly InFlight $inFlight;

    private readonly Frames $incoming;

    public function __construct(private readonly Connector $connector)
    {
        $this->outbox = new Outbox();
        $this->inFlight = new InFlight();
        $this->incoming = new Frames();
        $this->encodings = new Encodings();
        $this->encoding = extension_loaded('msgpack') && $this->encodings->messagePack !== null
            ? $this->encodings->messagePack
            : $this->encodings->json;
    }

    /**
     * @param array<string, mixed> $request
     * @param Exchange $exchange takes the reply
     * @param bool $more another request follows at once: it may wait for that one
     * @return bool false when it was not sent: a handler of a signal has sent one meanwhile that it does not go with
     * @throws ConnectionException when there is no connection and none can be made
     */
    public function send(array $request, Exchange $exchange, bool $more = false): bool
    {
        [$head, $tail] = $this->encode($request);
        do {
            Signals::hold();
            try {
                $isSent = $this->isBatch && $this->socket !== null || $this->isUsable();
                if ($isSent && !$this->accepts($request['task_id'], $exchange->kind)) {
                    return false;
                }
                if ($isSent) {
                    $this->enqueue($request['task_id'], $head, $tail, $exchange);
                    $this->isBatch = $more;
                    if (!$more || $this->outbox->bytes() >= self::BATCH) {
                        $this->flush();
                    }
                }
            } finally {
                Signals::release();
            }
            if (!$isSent) {
                $this->open();
            }
        } while (!$isSent);
        if (!$more && $this->outbox->bytes() > self::HIGH_WATER) {
            Loop::until(fn(): bool => $this->outbox->bytes() <= self::HIGH_WATER, null);
        }
        return true;
    }

    /**
     * Has the daemon hold back the events of a task, or send them again. Takes effect with the next turn.
     */
    public function hold(string $id, bool $isHeld): void
    {
        if ($this->canHold) {
            $this->tell(['type' => $isHeld ? 'hold' : 'resume', 'task_id' => $id]);
        }
    }

    /**
     * Sends a request whose reply nobody waits for, with the next turn; none when it is not open.
     *
     * @param array<string, mixed> $request
     */
    public function tell(array $request): void
    {
        if ($this->isOpen()) {
            $body = $this->encoding->encode($request);
            $this->outbox->add(pack('N', strlen($body)) . $body);
            Loop::watch($this);
        }
    }

    /** Which of the connections that it has been one after the other it is: another one after each loss. */
    public function number(): int
    {
        return $this->opened;
    }

    /** Whether {@see hold()} does anything: not with a daemon of an earlier version. */
    public function canHold(): bool
    {
        return $this->canHold;
    }

    private function enqueue(string $id, string $head, string $tail, Exchange $exchange): void
    {
        $exchange->sentOver($this, $id);
        $length = strlen($head) + strlen($tail);
        $this->inFlight->add($id, $exchange, $length);
        $this->outbox->add(pack('N', $length) . $head);
        $this->outbox->add($tail);
        Loop::watch($this);
    }

    /**
     * @param array<string, mixed> $request
     * @return array{string, string} the body in two parts, of which the second is a large payload, or empty
     */
    private function encode(array $request): array
    {
        if (isset($request['value']) && !$this->encoding->isBinarySafe()) {
            $request['value'] = base64_encode($request['value']);
        }
        $payload = $request['payload'] ?? null;
        if ($payload === null) {
            return [$this->encoding->encode($request), ''];
        }
        unset($request['payload']);
        if (!$this->encoding->isBinarySafe() && ($request['type'] ?? null) === 'share') {
            return $this->encoding->encodeWith(['payload_encoding' => 'base64'] + $request, 'payload', base64_encode($payload));
        }
        $text = $this->encoding->isBinarySafe() ? $payload : self::asText($payload);
        return $this->encoding->encodeWith($request, 'payload', $text);
    }

    /**
     * Whether a request of this kind can be sent about a task: not while one of another kind is in flight, for their
     * replies could not be matched.
     */
    public function accepts(string $id, string $kind): bool
    {
        return $this->inFlight->accepts($id, $kind);
    }

    /** Whether a request about the task has not been answered yet. */
    public function isInFlight(string $id): bool
    {
        return $this->inFlight->has($id);
    }

    /**
     * Connects, unless it is connected.
     *
     * @throws ConnectionException
     */
    public function open(): void
    {
        while (!$this->isUsable()) {
            $socket = $this->connector->connect();
            $canBeWatched = Readiness::canWatch($socket);
            Signals::hold();
            try {
                if ($this->socket === null) { // else a handler has been faster
                    [$this->socket, $this->pid, $this->canBeWatched] = [$socket, (int) getmypid(), $canBeWatched];
                    $this->canHold = true;
                    $this->opened++;
                }
            } finally {
                Signals::release();
            }
        }
    }

    /** Whether it is open, after a look whether it is of any use. */
    private function isUsable(): bool
    {
        Signals::hold();
        try {
            if ($this->socket !== null && $this->pid !== getmypid()) {
                $this->lose('belongs to the parent process', true); // the parent keeps its own descriptor of it
            }
            if ($this->socket !== null && $this->inFlight->isEmpty() && feof($this->socket)) {
                $this->lose('was closed by the daemon'); // while it was idle: nothing is lost
            }
            return $this->socket !== null;
        } finally {
            Signals::release();
        }
    }

    public function isOpen(): bool
    {
        return $this->socket !== null && $this->pid === getmypid();
    }

    /** @return resource|null to wait on; null when it is not open in this process; those who wait get a failure then */
    public function socket(): mixed
    {
        if (!$this->isOpen()) {
            $this->lose('belongs to the parent process', true);
            return null;
        }
        return $this->socket;
    }

    /** Whether `stream_select()` can tell when there is something to read or room to write. */
    public function canBeWatched(): bool
    {
        return $this->canBeWatched;
    }

    public function hasUnsent(): bool
    {
        return $this->outbox->bytes() > 0;
    }

    /** Sends what the daemon takes now. */
    public function flush(): void
    {
        Signals::hold();
        try {
            $this->isBatch = false;
            if ($this->socket === null || $this->socket() === null) {
                return;
            }
            if (!$this->outbox->sendTo($this->socket)) {
                $this->receive(); // what the daemon said before it hung up
                $this->lose('was lost');
                return;
            }
            $this->rest();
        } finally {
            Signals::release();
        }
    }

    /** Nothing is due: no reply, nor, when a request was refused before all of it was sent, the rest of that. */
    private function rest(): void
    {
        if ($this->inFlight->isEmpty() && $this->outbox->bytes() === 0) {
            Loop::forget($this);
        }
    }

    /** Takes in what has come. */
    public function receive(): void
    {
        Quietly::begin();
        try {
            for ($received = 0; $this->socket !== null && $received < self::TURN; $received += strlen($chunk)) {
                $most = $this->incoming->wanted();
                $chunk = fread($this->socket, $most);
                if ($chunk === '' || $chunk === false) {
                    if (feof($this->socket)) {
                        $this->lose('was closed by the daemon');
                    }
                    return;
                }
                $this->incoming->add($chunk);
                while (($body = $this->incoming->next()) !== null) {
                    $this->take($body);
                }
                if (strlen($chunk) < $most) {
                    return; // most likely all; what is not, the next turn finds
                }
            }
        } finally {
            Quietly::end();
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
        try {
            if ($this->hasUnsent()) {
                Loop::until(fn(): bool => !$this->hasUnsent(), self::LINGER, isBlocking: true);
            }
            $this->receive(); // failures that nobody awaited are reported
        } finally {
            Signals::hold();
            $this->lose('was closed by the client', true);
            Signals::release();
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
        if (($frame['error_code'] ?? null) === 'UNAUTHORIZED') {
            $error = $frame['error'] ?? '';
            $this->lose('was refused: ' . (is_string($error) ? $error : ''));
            return;
        }
        $id = $frame['task_id'] ?? null;
        if (!is_string($id)) {
            $id = ($frame['error_code'] ?? null) === 'PAYLOAD_TOO_LARGE' ? $this->inFlight->largest() : null;
            if ($id === null) {
                $error = $frame['error'] ?? 'it gives no reason';
                $this->lose('carries a reply without a task: ' . (is_string($error) ? $error : ''));
                return;
            }
        }
        if (isset($frame['event'])) {
            foreach ($this->inFlight->of($id) as $exchange) {
                $exchange->report($frame);
            }
            return;
        }
        if (self::refusesToHold($frame)) {
            $this->canHold = false;
            return;
        }
        $exchange = $this->inFlight->take($id);
        if ($this->inFlight->isEmpty()) {
            $this->rest();
        }
        $exchange?->complete($frame);
    }

    /** @param array<array-key, mixed> $frame a reply */
    private static function refusesToHold(array $frame): bool
    {
        $error = ($frame['error_code'] ?? null) === 'INVALID_REQUEST' ? $frame['error'] ?? null : null;
        return is_string($error) && preg_match('/^type "(?:hold|resume)" is unknown/', $error) === 1;
    }

    /** @param bool $isMeant whether it is the program's own doing */
    private function lose(string $how, bool $isMeant = false): void
    {
        $this->socket = null;
        $this->outbox->clear();
        $this->incoming->clear();
        Loop::forget($this);
        $lost = $this->inFlight->takeAll();
        foreach ($lost as $id => $exchanges) {
            foreach ($exchanges as $exchange) {
                $exchange->fail(new ConnectionException("the connection to the daemon at {$this->connector->uri} $how "
                    . 'while ' . count($lost) . " task(s) were in flight; they may or may not have run (await \"$id\" "
                    . 'by its id, if the daemon still runs)'), $isMeant);
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
