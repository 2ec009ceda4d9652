<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

/**
 * What PHP does to serialize the objects of a class.
 *
 * @internal
 */
enum ClassRule
{
    /** Takes the properties. */
    case Properties;

    /** Takes its name. */
    case EnumCase;

    /** Asks a `__serialize()` of PHP itself, or of an extension: it has no effects, so it may be asked twice. */
    case Internal;

    /** Asks `__serialize()` of the program. */
    case Serialize;

    /** Asks `__sleep()`. */
    case Sleep;

    /** Asks {@see \Serializable}: what it gives is a string that nobody else understands. */
    case Opaque;

    /** Takes the properties; its trace travels without arguments. */
    case Throwable;

    case Closure;

    /** Refuses, see {@see ClassRules::reason()}; or keeps nothing, silently. */
    case Refused;
}
