<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Tells who follows the running task what its PHP code prints, as it prints it. Who prints more often than a
 * thousand times a second is sent in larger pieces.
 */
final class EchoFeed
{
    private const MOST_A_SECOND = 1_000;

    private const SECOND = 1_000_000_000;

    /** Bytes that are not held back. */
    private const MUCH = 8_192;

    private string $held = '';

    private int $offset = 0;

    private int $secondBegan = 0;

    private int $thisSecond = 0;

    public function __construct(private readonly TaskEvents $events)
    {
    }

    public function tell(string $printed): void
    {
        $this->held .= $printed;
        $now = hrtime(true);
        if ($now - $this->secondBegan > self::SECOND) {
            $this->secondBegan = $now;
            $this->thisSecond = 0;
        }
        if (++$this->thisSecond <= self::MOST_A_SECOND || strlen($this->held) >= self::MUCH) {
            $this->end();
        }
    }

    /** Tells what is held back. */
    public function end(): void
    {
        [$held, $this->held] = [$this->held, ''];
        $this->events->output('output', $this->offset, $held);
        $this->offset += strlen($held);
    }
}
