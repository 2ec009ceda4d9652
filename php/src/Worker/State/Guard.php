<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

/**
 * One thing of the process that a task may change, and that the next task must find as it was before the first one.
 *
 * A guard is made once, when the worker has booted, and remembers what it sees then. All of them are named in
 * {@see Guards}, from which the list in php/README.md is checked.
 */
interface Guard
{
    /** The thing, as the README names it. */
    public const WHAT = '';

    /** How it is changed and put back, as the README tells it. */
    public const HOW = '';

    /** Whether this PHP, and this process, can change the thing at all. */
    public static function isNeeded(): bool;

    /**
     * Puts back what was changed; costs next to nothing when nothing was.
     *
     * @return bool false when it cannot be put back: the worker must be replaced
     */
    public function restore(): bool;
}
