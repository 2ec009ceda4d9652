<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * An exception that the task threw, in the worker. Its message is this one's message.
 */
final class RemoteException extends TaskException
{
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
