<?php

declare(strict_types=1);

namespace App;

use Closure;
use Livewire\Component;

/** A component that makes a task of what it shows. */
final class Counter extends Component
{
    public int $count = 3;

    public function task(): Closure
    {
        return fn(): int => $this->count;
    }
}
