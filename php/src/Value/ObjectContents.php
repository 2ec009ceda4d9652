<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

/**
 * What `serialize()` takes of an object, by the rule of its class.
 *
 * @internal
 */
final class ObjectContents
{
    private function __construct()
    {
    }

    /**
     * @return array<array-key, mixed> by the names that PHP mangles; or what the object itself gives
     * @throws \Throwable what the object throws
     */
    public static function of(object $object, ClassRule $rule): array
    {
        return match ($rule) {
            ClassRule::Properties => \get_mangled_object_vars($object),
            ClassRule::Sleep => self::sleeping($object),
            default => $object->__serialize(),
        };
    }

    /** @return array<array-key, mixed> the properties that `__sleep()` names; private ones of the class itself only, as in PHP */
    private static function sleeping(object $object): array
    {
        $names = $object->__sleep();
        $properties = \get_mangled_object_vars($object);
        $wanted = [];
        foreach (\is_array($names) ? $names : [] as $name) {
            foreach ([$name, "\0" . $object::class . "\0$name", "\0*\0$name"] as $key) {
                if (\array_key_exists($key, $properties)) {
                    $wanted[$key] = true;
                    break;
                }
            }
        }
        return \array_intersect_key($properties, $wanted);
    }
}
