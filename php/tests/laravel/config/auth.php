<?php

return [
    'defaults' => ['guard' => 'double'],
    'guards' => ['double' => ['driver' => 'double']],
];
