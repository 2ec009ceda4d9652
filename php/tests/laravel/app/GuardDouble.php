<?php

declare(strict_types=1);

namespace App;

use Illuminate\Auth\GuardHelpers;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\Guard;

/** A guard that knows whom it has been given. */
final class GuardDouble implements Guard
{
    use GuardHelpers;

    public function user(): ?Authenticatable
    {
        return $this->user;
    }

    /** @param array<string, mixed> $credentials */
    public function validate(array $credentials = []): bool
    {
        return $credentials === ['password' => 'right'];
    }

    public function word(): string
    {
        return 'of the real guard';
    }
}
