<?php

declare(strict_types=1);

namespace B7s\Parallite;

use WeakReference;

/**
 * Ends with the {@see Shared} object that it was made for.
 *
 * @internal
 */
final class SharedLease
{
    /** @var WeakReference<Sharing> which goes with its client */
    private readonly WeakReference $sharing;

    public function __construct(Sharing $sharing, private readonly string $hash)
    {
        $this->sharing = WeakReference::create($sharing);
    }

    public function __destruct()
    {
        $this->sharing->get()?->release($this->hash);
    }
}
