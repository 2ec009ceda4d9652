<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * What STDOUT and STDERR are in a template and its forks: a stream that writes to whatever descriptor 1 or 2 is now.
 *
 * PHP's own would be closed for good when a fork gets descriptors of its own; see StandardStreams.
 *
 * @internal
 */
final class StandardStream
{
    /** @var resource|null set by PHP */
    public $context;

    private int $descriptor = 1;

    public function stream_open(string $path): bool
    {
        $this->descriptor = str_ends_with($path, 'stderr') ? 2 : 1;
        return true;
    }

    public function stream_write(string $bytes): int
    {
        return (int) fwrite(StandardStreams::at($this->descriptor), $bytes);
    }

    public function stream_flush(): bool
    {
        return true;
    }

    /** For stream_select(), proc_open(), stream_isatty() and the like. */
    public function stream_cast(int $as): mixed
    {
        return StandardStreams::at($this->descriptor);
    }

    /** @return array<array-key, int>|false */
    public function stream_stat(): array|false
    {
        return fstat(StandardStreams::at($this->descriptor));
    }

    public function stream_set_option(int $option, int $first, ?int $second): bool
    {
        return $option === STREAM_OPTION_BLOCKING
            && stream_set_blocking(StandardStreams::at($this->descriptor), $first === 1);
    }
}
