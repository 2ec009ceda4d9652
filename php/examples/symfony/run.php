<?php

/**
 * Uses services of a Symfony application in workers; run in the application's directory.
 *
 * Usage: php run.php
 */

declare(strict_types=1);

use App\Parallel;
use App\Reports;
use B7s\Parallite\Client;

require_once getcwd() . '/vendor/autoload.php';

$results = (new Client())->map(
    ['january', 'february', 'march'],
    static fn(string $month): string => Parallel::container()->get(Reports::class)->of($month),
);
echo implode("\n", $results), "\n";
