<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The task has run, but its result can't travel: it holds a resource, a connection or something else of its process.
 */
final class ResultNotSerializable extends TaskException
{
    protected const ERROR_CODE = 'RESULT_NOT_ENCODABLE';
}
