<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Bytes from and to the daemon. Both directions block for as long as it takes.
 */
interface Line
{
    /**
     * The next bytes, at least one and at most $atMost of them; null when the daemon has gone.
     *
     * @param Arrival $arrival if all of them are on their way, it may wait until they are there
     */
    public function receive(int $atMost, Arrival $arrival = Arrival::Any): ?string;

    /**
     * Whether receive() would not wait: bytes are there, or the end.
     *
     * @param ?float $timeout seconds within which that may come about, null for as long as it takes; a signal ends the waiting
     */
    public function hasInput(?float $timeout = 0.0): bool;

    /** @throws ChannelClosed when the daemon has gone */
    public function send(string $bytes): void;

    /**
     * Has nothing more arrive; what has come can still be received. False where that can't be done: then the daemon
     * sees for itself what was not received.
     */
    public function stopReceiving(): bool;

    /** Tells the daemon that nothing more will be sent. */
    public function finish(): void;
}
