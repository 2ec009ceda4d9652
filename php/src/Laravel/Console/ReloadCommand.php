<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Console;

use B7s\Parallite\Exception\ParalliteException;
use B7s\Parallite\Laravel\ApplicationDaemon;
use Illuminate\Console\Command;

/**
 * `php artisan parallite:reload`: after a deployment. New workers boot the release and the .env that are there now; tasks
 * that run end on the old ones.
 */
final class ReloadCommand extends Command
{
    protected $signature = 'parallite:reload';

    protected $description = 'Replace the workers of the Parallite daemon, so that they run the present code';

    public function handle(ApplicationDaemon $daemon): int
    {
        try {
            $outcome = $daemon->connection()->reload();
        } catch (ParalliteException $e) {
            $this->error($e->getMessage());
            return self::FAILURE;
        }
        $outcome += ['replaced' => 0, 'took_ms' => 0];
        $this->line(sprintf('%d workers were replaced in %d ms.', $outcome['replaced'], $outcome['took_ms']));
        return self::SUCCESS;
    }
}
