<?php

/**
 * As much of opis/closure 4 as a worker touches. It is not packaged by distributions, and can't be loaded
 * beside version 3.
 */

declare(strict_types=1);

namespace Opis\Closure;

final class Box
{
    public function __construct(public mixed $data = null)
    {
    }
}

final class Serializer
{
    public static function unserialize(string $data): mixed
    {
        $box = unserialize($data);
        return $box instanceof Box ? static fn(mixed ...$args): array => [$box->data, $args] : $box;
    }
}
