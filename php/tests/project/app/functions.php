<?php

declare(strict_types=1);

namespace App;

function vat(int $net): float
{
    return round($net * 1.19, 2);
}
