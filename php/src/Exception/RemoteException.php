<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * An exception that the task threw, in the worker, where it can't be rethrown as itself: its class is unknown
 * here, or can't be serialized. Its message is this one's message.
 */
final class RemoteException extends TaskException
{
    protected const ERROR_CODE = 'EXCEPTION';

    /** The class of the exception in the worker. */
    public function getRemoteClass(): string
    {
        return $this->text('class');
    }

    /** Its code: a number, but some libraries (PDO) use text. */
    public function getRemoteCode(): string
    {
        return $this->text('code');
    }

    /** Its file, or {closure} when the closure itself threw it. */
    public function getRemoteFile(): string
    {
        return $this->text('file');
    }

    public function getRemoteLine(): int
    {
        return (int) $this->text('line');
    }

    /** Its trace, and those of what caused it, without arguments. */
    public function getRemoteTrace(): string
    {
        return $this->text('trace');
    }
}
