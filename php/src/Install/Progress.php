<?php

declare(strict_types=1);

namespace B7s\Parallite\Install;

/**
 * Says what an installation does: on a terminal with a percentage that moves, else in lines.
 */
final class Progress
{
    private bool $isMoving = false;

    private readonly bool $isTerminal;

    private int $shown = -1;

    /** @param resource $stream */
    public function __construct(private readonly mixed $stream)
    {
        $this->isTerminal = stream_isatty($stream);
    }

    public function say(string $what): void
    {
        fwrite($this->stream, ($this->isMoving ? "\n" : '') . "parallite: $what\n");
        $this->isMoving = false;
    }

    public function advance(int $bytes, ?int $total): void
    {
        $percent = $total === null || $total === 0 ? 0 : intdiv(100 * $bytes, $total);
        $step = $total === null ? $bytes >> 20 : $percent;
        if (!$this->isTerminal || $step === $this->shown) {
            return;
        }
        $this->shown = $step;
        $this->isMoving = true;
        $text = $total === null
            ? sprintf("\r    %.0f MB", $bytes / 1e6)
            : sprintf("\r    %3d %% of %.0f MB", $percent, $total / 1e6);
        fwrite($this->stream, $text);
    }
}
