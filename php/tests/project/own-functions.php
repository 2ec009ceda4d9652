<?php

/**
 * What a project may have, loaded by Composer without a question whether the names are free.
 */

declare(strict_types=1);

function pd(string $word): string
{
    return "pd of the project, $word";
}

function async(string $word): string
{
    return "async of the project, $word";
}

function await(): void
{
}
