<?php

declare(strict_types=1);

return static function (): int {
    $n = 2;
    return (int) "${n}";
};
