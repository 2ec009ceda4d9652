<?php

return [
    'default' => 'main',
    'connections' => ['main' => ['driver' => 'double'], 'other' => ['driver' => 'double']],
];
