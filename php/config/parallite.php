<?php

declare(strict_types=1);

return [

    /*
     * Where the daemon listens: a path, or host:port. Null: as parallite.json says, else a socket in storage/framework.
     */
    'socket' => env('PARALLITE_SOCKET'),

    /*
     * Seconds that a task of the Concurrency facade may run. Null: the daemon's timeout_ms.
     */
    'timeout' => null,

    /*
     * Whether each task of the Concurrency facade runs in a worker process of its own, so that nothing of what it changes
     * reaches the next one: container, singletons, connections, macros, listeners, statics, constants.
     * Null: where workers are forked from one that has booted the application (Linux with pcntl and posix, see
     * `worker_start` below), which costs a fork for each task. True: everywhere; a worker that is not forked boots the
     * application for each task. False: workers run many tasks, which is fastest, and put back what they can.
     */
    'isolate' => env('PARALLITE_ISOLATE'),

    /*
     * Which of the pools in parallite.json runs the tasks of the Concurrency facade. Null: its default one.
     */
    'pool' => env('PARALLITE_TASK_POOL'),

    /*
     * What tasks of the Concurrency facade get of their caller besides its locale and its Context. 'user': the
     * authenticated user, by guard and identifier; a task that asks for it looks it up.
     */
    'carry' => [],

    /*
     * Whether to start a daemon when none listens. It ends by itself when it has been idle for some time.
     * In production, let the supervisor run `php artisan parallite:start`.
     */
    'autostart' => (bool) env('PARALLITE_AUTOSTART', false),

    /*
     * "sync": run tasks in the current process when there is no daemon. Null: fail.
     */
    'fallback' => env('PARALLITE_FALLBACK'),

    /*
     * A file with a secret of 32 bytes or more, by which tasks and results are signed: workers run nothing that this
     * application has not submitted. Null: nothing is signed.
     */
    'payload_secret_file' => env('PARALLITE_PAYLOAD_SECRET_FILE'),

    /*
     * Settings for the daemons that `parallite:start` and autostart start; they go before those in
     * parallite.json. All are listed in the daemon's documentation. What is null is as parallite.json says, else as
     * many workers as there are processors, and the PHP that runs artisan.
     */
    'daemon' => [
        'fixed_workers' => env('PARALLITE_FIXED_WORKERS'),
        'max_workers' => env('PARALLITE_MAX_WORKERS'),
        'php_binary' => env('PARALLITE_PHP_BINARY'),
        // 'timeout_ms' => 60_000,
        // 'worker_start' => 'exec', // by default 'fork', unless parallite.json says something else
        // 'worker_max_tasks' => 1_000,
        // 'watch' => ['app/**/*.php', 'config/**/*.php', '.env'], // for development: a change reloads the workers
    ],

    'worker' => [
        /*
         * Whether to close database connections after each task, when there are too many workers to keep them.
         */
        'disconnect' => false,

        /*
         * Singletons to be made anew for each task: names of bindings.
         */
        'flush' => [],
    ],

];
