<?php

return [
    'defaults' => ['guard' => 'double'],
    'guards' => [
        'double' => ['driver' => 'double'],
        'people' => ['driver' => 'double', 'provider' => 'people'],
    ],
    'providers' => ['people' => ['driver' => 'double']],
];
