<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class Superglobals implements OwnOfProcess
{
    public const WHAT = 'Superglobals';
    public const HOW = '`$_SERVER`, `$_ENV`, `$_GET`, `$_POST`, `$_COOKIE`, `$_FILES`, `$_REQUEST`, `$_SESSION`; `$GLOBALS` stays';

    /** @var list<array<array-key, mixed>|null> */
    private readonly array $values;

    public function __construct()
    {
        $this->values = self::now();
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        if (self::now() === $this->values) {
            return true;
        }
        [$_SERVER, $_ENV, $_GET, $_POST, $_COOKIE, $_FILES, $_REQUEST, $session] = $this->values;
        unset($_SESSION); // a reference to it may be left over
        if ($session !== null) {
            $_SESSION = $session;
        }
        return true;
    }

    /** @return list<array<array-key, mixed>|null> */
    private static function now(): array
    {
        return [
            $_SERVER ?? null, $_ENV ?? null, $_GET ?? null, $_POST ?? null, $_COOKIE ?? null, $_FILES ?? null,
            $_REQUEST ?? null, $_SESSION ?? null,
        ];
    }
}
