<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Destroys the cycles that a task left behind before the next one begins, lest their destructors run in that.
 *
 * To look for them, PHP goes through all objects that it can reach, which takes longer than all else between two small
 * tasks. A task that left something has left its memory, too: as long as there are as many bytes in use as after the
 * last look, to the byte, there is nothing to look for.
 */
final class Garbage
{
    /** Bytes in use when there was none. */
    private int $bytes = -1;

    public function __construct(private readonly OutputCapture $output)
    {
    }

    public function collect(): void
    {
        if (memory_get_usage() === $this->bytes) {
            return;
        }
        try {
            if (gc_collect_cycles() > 0) {
                $this->output->take();
            }
        } catch (\Throwable) {
            $this->output->take();
        }
        $this->bytes = memory_get_usage();
    }
}
