<?php

/**
 * Boots the Laravel application when a worker starts, and not with its first task: the daemon's setting
 * `bootstrap` names this file. `php artisan parallite:start` sees to that.
 */

declare(strict_types=1);

B7s\Parallite\Laravel\WorkerApplication::boot();
