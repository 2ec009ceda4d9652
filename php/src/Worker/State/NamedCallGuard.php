<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

/**
 * A guard that has to make system calls to see a change, which cost more than a small task. So it is asked only once
 * some code or data in this process names a function by which the thing is changed: see {@see LoadedCode}.
 */
interface NamedCallGuard extends Guard
{
    /** @var list<string> the functions that change the thing, in lower case */
    public const FUNCTIONS = [];
}
