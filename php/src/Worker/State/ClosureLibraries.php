<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

use Laravel\SerializableClosure\Serializers\Native;
use Laravel\SerializableClosure\Serializers\Signed;
use Opis\Closure\SerializableClosure as Opis3;
use Opis\Closure\Serializer as Opis4;

/**
 * Where a class is loaded after the guard was made, it had its defaults before.
 */
final class ClosureLibraries implements Guard
{
    public const WHAT = 'Keys and resolvers of closure libraries';
    public const HOW = '`SerializableClosure::setSecretKey()`, `resolveUseVariablesUsing()`, `transformUseVariablesUsing()` of '
        . 'laravel/serializable-closure; the security providers of opis/closure';

    /** @var array<class-string, list<string>> static properties */
    private const SETTINGS = [
        Signed::class => ['signer'],
        Native::class => ['transformUseVariables', 'resolveUseVariables'],
        Opis3::class => ['securityProvider'],
        Opis4::class => ['securityProvider', 'v3Compatible'],
    ];

    /** @var array<class-string, list<array{\ReflectionProperty, mixed}>> */
    private array $settings = [];

    public function __construct()
    {
        $this->look(false);
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        $this->look(true);
        foreach ($this->settings as $settings) {
            foreach ($settings as [$property, $value]) {
                if ($property->getValue() !== $value) {
                    $property->setValue(null, $value);
                }
            }
        }
        return true;
    }

    private function look(bool $isLate): void
    {
        foreach (self::SETTINGS as $class => $properties) {
            if (isset($this->settings[$class]) || !\class_exists($class, false)) {
                continue;
            }
            $this->settings[$class] = [];
            foreach ($properties as $name) {
                if (property_exists($class, $name)) {
                    $property = new \ReflectionProperty($class, $name);
                    $value = $isLate ? $property->getDefaultValue() : $property->getValue();
                    $this->settings[$class][] = [$property, $value];
                }
            }
        }
    }
}
