<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * The named pipe to which the daemon writes next tasks while one runs, a frame a packet. It reads back what is not
 * taken: so only one is taken at a time, and only when the task before it is done.
 */
final class NextTasks
{
    /** No packet is longer (PIPE_BUF of Linux). */
    private const PACKET = 4_096;

    /** @param resource $pipe */
    private function __construct(private readonly mixed $pipe)
    {
    }

    /** The pipe at a path; null where it can't be read packet by packet. */
    public static function open(?string $path): ?self
    {
        $file = $path === null ? false : @fopen($path, 'r');
        if ($file === false) {
            return null;
        }
        foreach (@scandir('/proc/self/fd') ?: [] as $descriptor) {
            if (@readlink("/proc/self/fd/$descriptor") === $path) {
                return self::of($descriptor);
            }
        }
        return null;
    }

    /** By its descriptor, for PHP reads what it has opened by name until nothing is left: several packets. */
    private static function of(string $descriptor): ?self
    {
        $pipe = @fopen("php://fd/$descriptor", 'r');
        if ($pipe === false || !stream_set_blocking($pipe, false)) {
            return null;
        }
        stream_set_read_buffer($pipe, 0);
        return new self($pipe);
    }

    /** Takes the body of the next one's frame; null when the pipe is empty. */
    public function take(): ?string
    {
        $frame = fread($this->pipe, self::PACKET);
        return $frame === '' || $frame === false ? null : substr($frame, 4);
    }
}
