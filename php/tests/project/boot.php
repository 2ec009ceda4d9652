<?php

declare(strict_types=1);

function greeting(string $name): string
{
    return "Good morning, $name";
}
