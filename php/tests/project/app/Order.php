<?php

declare(strict_types=1);

namespace App;

use DateTimeImmutable;

final class Order
{
    public function __construct(public readonly int $number, public readonly DateTimeImmutable $placed)
    {
    }
}
