<?php

$without = function (): int {
    $n = 0;
    $count = function () use (&$n): void {
        $n++;
    };
    register_tick_function($count);
    $a = 1;
    unregister_tick_function($count);
    return $n;
};
declare(ticks=1) {
    $block = function (): int {
        $n = 0;
        $count = function () use (&$n): void {
            $n++;
        };
        register_tick_function($count);
        $a = 1;
        $b = 2;
        $c = 3;
        unregister_tick_function($count);
        return $n;
    };
}
declare(ticks=1);

return [
    'without' => $without,
    'of a block' => $block,
    'of the file' => function (): int {
        $n = 0;
        $count = function () use (&$n): void {
            $n++;
        };
        register_tick_function($count);
        $a = 1;
        $b = 2;
        unregister_tick_function($count);
        return $n;
    },
];
