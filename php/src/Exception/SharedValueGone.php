<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * A value that `share()` has sent is not kept by the daemon any longer, or never was by this one.
 */
final class SharedValueGone extends ParalliteException
{
}
