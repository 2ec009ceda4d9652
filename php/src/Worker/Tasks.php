<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Turns a request into the code that answers it.
 */
interface Tasks
{
    /**
     * @param ?TaskEvents $events what the task may tell ahead of its reply
     * @return callable(): mixed
     * @throws TaskRefused when the request can't be understood
     */
    public function codeOf(Request $request, ?TaskEvents $events = null): callable;
}
