<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Wire\PhpException;
use B7s\Parallite\Wire\PhpValue;
use Throwable;
use UnexpectedValueException;

/**
 * Rebuilds what a daemon sends in place of PHP values: objects of allowed classes only, and only what workers have signed
 * where there is a secret.
 *
 * @internal
 */
final class ValueReader
{
    /**
     * @param ?list<string> $allowedClasses of objects in values; null: all
     * @param ?PayloadSecret $secret with which workers sign; null: they do not
     */
    public function __construct(
        private readonly ?array $allowedClasses = null,
        private readonly ?PayloadSecret $secret = null,
    ) {
    }

    /** The same for what was part of a value whose signature was verified. */
    public function ofVerified(): self
    {
        return $this->secret === null ? $this : new self($this->allowedClasses);
    }

    /** Whether values that are not signed are refused. */
    public function wantsSignatures(): bool
    {
        return $this->secret !== null;
    }

    /**
     * @param string $kind what the value is, by a constant of {@see PayloadSecret}
     * @param string $id of the task
     * @throws Throwable when it is damaged, has an object of another class, or no right signature
     */
    public function value(string $kind, string $id, string $blob): mixed
    {
        return PhpValue::decode($this->verified($kind, $id, $blob), $this->allowedClasses);
    }

    /**
     * @param array<array-key, mixed> $reply the failure that carried it
     * @return ?Throwable null when the exception, or its class, isn't known here
     */
    public function exception(string $id, string $blob, array $reply): ?Throwable
    {
        try {
            $blob = $this->verified(PayloadSecret::EXCEPTION, $id, $blob);
        } catch (UnexpectedValueException) {
            return null; // its fields tell the rest
        }
        return PhpException::decode($blob, $reply, $this->allowedClasses);
    }

    private function verified(string $kind, string $id, string $blob): string
    {
        $blob = PhpValue::plain($blob);
        if ($this->secret !== null) {
            return $this->secret->verified($kind, $id, $blob);
        }
        if (PayloadSecret::isSigned($blob)) {
            throw new UnexpectedValueException("the $kind is signed; name the file of the workers' payload secret in "
                . PayloadSecret::VARIABLE);
        }
        return $blob;
    }
}
