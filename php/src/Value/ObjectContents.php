<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use UnexpectedValueException;

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
            default => self::given($object, '__serialize'),
        };
    }

    /**
     * @return array<array-key, mixed>
     * @throws UnexpectedValueException when it is not what PHP asks for
     */
    private static function given(object $object, string $method): array
    {
        $value = $object->$method();
        return \is_array($value) ? $value : throw new UnexpectedValueException(
            "its $method() returns " . \get_debug_type($value) . ', and has to return an array',
        );
    }

    /** @return array<array-key, mixed> the properties that `__sleep()` names; private ones of the class itself only, as in PHP */
    private static function sleeping(object $object): array
    {
        $names = self::given($object, '__sleep');
        $properties = \get_mangled_object_vars($object);
        $wanted = [];
        foreach ($names as $name) {
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
