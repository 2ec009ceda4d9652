<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * When the bytes that are waited for are expected: which way of waiting is cheapest depends on it.
 */
enum Arrival
{
    /** At any time: nobody knows. */
    case Any;

    /** In a moment: the daemon has more tasks than workers. */
    case Soon;

    /** They are on their way, all of them. */
    case Due;
}
