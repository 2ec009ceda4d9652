<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\SharedValueGone;
use Error;

/**
 * A value that tasks share: sent to the daemon once, loaded once by each worker that uses it.
 *
 *     $prices = $client->share($prices);
 *     $client->map($orders, static fn(Order $order): float => $order->total($prices->value()));
 *
 * Captured or passed like any other value, it travels as a name of 64 characters. The daemon keeps the value until this
 * object and the tasks that were submitted with it are gone.
 *
 * @template-covariant T
 */
final class Shared
{
    /** @param string $hash SHA-256 of the value as it travels, in hexadecimal digits */
    private function __construct(public readonly string $hash)
    {
    }

    /**
     * @internal {@see ClientInterface::share()}
     * @template V
     * @param V $value
     * @return self<V>
     * @throws Exception\ClosureNotSerializable when it can't travel
     */
    public static function of(mixed $value): self
    {
        Signals::hold(); // what a handler threw would be taken for a value that can't travel
        try {
            $content = SharedValues::write($value);
            $shared = new self(self::hashOf($content));
            SharedValues::hold($shared, $value, $content);
            return $shared;
        } finally {
            Signals::release();
        }
    }

    /** Before PHP 8.4 `hash()` does without what processors have for SHA-256: OpenSSL is five times as fast there. */
    private static function hashOf(string $content): string
    {
        $hash = PHP_VERSION_ID < 80400 && function_exists('openssl_digest') ? openssl_digest($content, 'sha256') : false;
        return $hash === false ? hash('sha256', $content) : $hash;
    }

    /**
     * The value. Scalars and arrays of them are loaded once by a worker; of anything else every task that asks has a copy
     * of its own, so that no task meets what another has changed: ask once, and keep it in a variable.
     *
     * @return T
     * @throws SharedValueGone when the daemon keeps it no longer, or this is no worker of that daemon
     */
    public function value(): mixed
    {
        return SharedValues::of($this);
    }

    /** @throws Error always */
    public function __clone()
    {
        throw new Error('Trying to clone an uncloneable object of class ' . self::class . ': use the same one');
    }

    /** @return array{string} */
    public function __serialize(): array
    {
        SharedValues::note($this);
        return [$this->hash];
    }

    /** @param array<array-key, mixed> $data */
    public function __unserialize(array $data): void
    {
        $hash = $data[0] ?? null;
        if (!is_string($hash) || preg_match('/^[0-9a-f]{64}$/D', $hash) !== 1) {
            throw new \UnexpectedValueException('the shared value has no hash');
        }
        $this->hash = $hash;
    }
}
