<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * The worker's line to the daemon: whole frames in, whole frames out.
 */
interface Channel
{
    /** The body of the next frame, or null when the daemon has gone (even in the middle of a frame). */
    public function read(): ?string;

    /** The body of a frame that is there already, else null; does not wait. */
    public function poll(): ?string;

    /** Whether the end of the channel was seen. */
    public function isClosed(): bool;

    /** @throws ChannelClosed when the daemon has gone */
    public function write(string $body): void;

    /** Tells the daemon that no further reply will come. */
    public function finish(): void;
}
