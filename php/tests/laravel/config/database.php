<?php

return [
    'default' => 'main',
    'connections' => [
        'main' => ['driver' => 'double'],
        'other' => ['driver' => 'double'],
        'shop' => ['driver' => 'sqlite', 'database' => storage_path('shop.sqlite')],
    ],
    'redis' => ['client' => 'double', 'default' => ['host' => 'none']],
];
