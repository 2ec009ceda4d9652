<?php

return [
    'isolate' => false, // most tests look at what a worker keeps
    'daemon' => ['fixed_workers' => 1, 'max_workers' => 4, 'timeout_ms' => 20_000],
    'worker' => ['flush' => ['flushed']],
];
