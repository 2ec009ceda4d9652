<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

/**
 * A frame's body that holds neither a JSON nor a MessagePack map.
 *
 * @internal
 */
final class MalformedBody extends \UnexpectedValueException
{
}
