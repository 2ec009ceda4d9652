<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

/**
 * Guards something that a fork of a process does not have in common with it.
 */
interface OwnOfProcess extends Guard
{
}
