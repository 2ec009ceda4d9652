<?php

declare(strict_types=1);

namespace App;

use Illuminate\Contracts\Config\Repository;
use Illuminate\Database\DatabaseManager;

/** A service as applications have them: what it works with is from the container. */
final class Reports
{
    public function __construct(private readonly ?DatabaseManager $databases = null, private readonly int $rate = 3)
    {
    }

    public static function total(Repository $config): string
    {
        return 'total of ' . $config->get('app.name');
    }

    public function run(Repository $config): string
    {
        return "{$this->rate} of " . $config->get('app.name') . ($this->databases === null ? '' : ' with a database');
    }

    /** As a controller does it. */
    public function inMethod(): \Closure
    {
        return fn(): string => $this->databases->getDefaultConnection();
    }

    public function unused(): \Closure
    {
        return fn(): string => 'without $this';
    }

    public function hidden(): \Closure
    {
        return $this->secret(...);
    }

    private function secret(): string
    {
        return 'secret';
    }
}
