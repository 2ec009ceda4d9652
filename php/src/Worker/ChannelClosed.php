<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * The daemon has gone, or can't be reached.
 */
final class ChannelClosed extends \RuntimeException
{
}
