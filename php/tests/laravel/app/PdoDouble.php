<?php

declare(strict_types=1);

namespace App;

/** The part of PDO that transactions need. */
final class PdoDouble
{
    public int $begun = 0;

    public int $rolledBack = 0;

    public function beginTransaction(): bool
    {
        return ++$this->begun > 0;
    }

    public function inTransaction(): bool
    {
        return $this->begun > $this->rolledBack;
    }

    public function rollBack(): bool
    {
        return ++$this->rolledBack > 0;
    }
}
