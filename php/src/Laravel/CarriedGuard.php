<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use Closure;
use Illuminate\Auth\GuardHelpers;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\Guard;
use Illuminate\Contracts\Auth\UserProvider;
use LogicException;

/**
 * The guard of a task that has the user of its caller, of whom it knows the identifier; the user is looked up when the task
 * asks for it. All else is passed to the guard in whose place this is.
 *
 * @internal
 */
final class CarriedGuard implements Guard
{
    use GuardHelpers {
        id as private idOfUser;
    }

    /**
     * @param ?UserProvider $provider that finds the user
     * @param Closure(): Guard $guard makes the guard in whose place this is
     */
    public function __construct(
        private readonly string $name,
        private readonly int|string $identifier,
        ?UserProvider $provider,
        private readonly Closure $guard,
    ) {
        if ($provider === null) {
            throw new LogicException("the user of the guard \"$name\" cannot be carried to tasks: auth.guards.$name names no "
                . 'provider that finds users; take "user" out of `carry` in config/parallite.php');
        }
        $this->provider = $provider;
    }

    public function user(): ?Authenticatable
    {
        return $this->user ??= $this->provider->retrieveById($this->identifier);
    }

    public function id(): int|string|null
    {
        return $this->hasUser() ? $this->idOfUser() : $this->identifier;
    }

    /** @param array<string, mixed> $credentials */
    public function validate(array $credentials = []): bool
    {
        return ($this->guard)()->validate($credentials);
    }

    /** @param array<array-key, mixed> $arguments */
    public function __call(string $method, array $arguments): mixed
    {
        return ($this->guard)()->$method(...$arguments);
    }
}
