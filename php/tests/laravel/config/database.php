<?php

return [
    'default' => 'main',
    'connections' => [
        'main' => ['driver' => 'double'],
        'other' => ['driver' => 'double'],
        'shop' => env('DB_SOCKET') === null
            ? ['driver' => 'sqlite', 'database' => storage_path('shop.sqlite')]
            : ['driver' => 'mysql', 'unix_socket' => env('DB_SOCKET'), 'database' => 'shop', 'username' => 'root', 'password' => ''],
    ],
    'redis' => ['client' => 'double', 'default' => ['host' => 'none']],
];
