<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use Closure;
use ReflectionClass;
use Serializable;
use Throwable;

/**
 * Finds out the {@see ClassRule} of a class, and remembers it.
 *
 * @internal
 */
final class ClassRules
{
    /**
     * Classes of PHP without properties of their own, or with nothing else. Of all others that have no way to be
     * serialized PHP silently keeps nothing.
     */
    private const COMPLETE = [
        'stdClass', '__PHP_Incomplete_Class', 'PhpToken', 'LibXMLError', 'php_user_filter', 'EmptyIterator', 'Normalizer',
        'Locale', 'IntlChar', 'Reflection', 'SessionHandler', 'SoapVar', 'SoapParam', 'SoapHeader',
    ];

    /** Extensions of PHP whose classes have properties that are not all of them. */
    private const INCOMPLETE = [
        'SPL', 'dom', 'xsl', 'tidy', 'standard', 'zip', 'mysqli', 'intl', 'xmlreader', 'xmlwriter', 'soap', 'snmp',
    ];

    /** @var array<class-string, ClassRule> */
    private static array $rules = [];

    /** @var array<class-string, string> */
    private static array $reasons = [];

    private function __construct()
    {
    }

    public static function of(object $object): ClassRule
    {
        return self::$rules[$object::class] ?? self::find(new ReflectionClass($object));
    }

    /** Whether objects of the class can't travel, whatever they hold. */
    public static function refuses(string $class): bool
    {
        return class_exists($class, false)
            && (self::$rules[$class] ?? self::find(new ReflectionClass($class))) === ClassRule::Refused;
    }

    /** Why objects of a class that is refused can't travel, behind their path. */
    public static function reason(object $object): string
    {
        return self::of($object) === ClassRule::Refused ? self::$reasons[$object::class] : '';
    }

    /** @param ReflectionClass<object> $class */
    private static function find(ReflectionClass $class): ClassRule
    {
        $reason = self::reasonAgainst($class);
        if ($reason !== null) {
            self::$reasons[$class->getName()] = $reason;
        }
        return self::$rules[$class->getName()] = match (true) {
            $reason !== null => ClassRule::Refused,
            $class->getName() === Closure::class => ClassRule::Closure,
            $class->isEnum() => ClassRule::EnumCase,
            $class->hasMethod('__serialize') => $class->getMethod('__serialize')->isInternal() ? ClassRule::Internal : ClassRule::Serialize,
            $class->implementsInterface(Serializable::class) => ClassRule::Opaque,
            $class->hasMethod('__sleep') => ClassRule::Sleep,
            $class->implementsInterface(Throwable::class) => ClassRule::Throwable,
            default => ClassRule::Properties,
        };
    }

    /** @param ReflectionClass<object> $class */
    private static function reasonAgainst(ReflectionClass $class): ?string
    {
        if ($class->isAnonymous()) {
            return 'is an object of an anonymous class, which no other process knows';
        }
        $internal = $class;
        while ($internal !== false && !$internal->isInternal()) {
            $internal = $internal->getParentClass();
        }
        if ($internal === false || $internal->isEnum() || $internal->getName() === Closure::class) {
            return null;
        }
        $article = str_contains('AEIOU', $class->getName()[0]) ? 'an' : 'a';
        $name = $internal === $class ? $class->getName() : "{$class->getName()} ({$internal->getName()})";
        if (self::isForbidden($internal)) {
            return "is $article $name: Serialization of '{$class->getName()}' is not allowed";
        }
        $isAsked = $class->hasMethod('__serialize') || $class->hasMethod('__sleep')
            || $class->implementsInterface(Serializable::class) || $class->implementsInterface(Throwable::class);
        return $isAsked || self::isComplete($internal)
            ? null
            : "is $article $name, whose content PHP does not serialize: nothing of it would arrive";
    }

    /**
     * PHP does not tell which of its classes refuse to be serialized. They refuse to be unserialized, too.
     *
     * @param ReflectionClass<object> $class
     */
    private static function isForbidden(ReflectionClass $class): bool
    {
        if ($class->isAbstract() || $class->hasMethod('__unserialize') || $class->hasMethod('__wakeup')) {
            return false;
        }
        try {
            unserialize(sprintf('O:%d:"%s":0:{}', strlen($class->getName()), $class->getName()));
            return false;
        } catch (Throwable $e) {
            return str_starts_with($e->getMessage(), 'Unserialization of');
        }
    }

    /** @param ReflectionClass<object> $class */
    private static function isComplete(ReflectionClass $class): bool
    {
        $extension = $class->getExtensionName();
        if ($extension === 'Core' || in_array($class->getName(), self::COMPLETE, true)) {
            return true;
        }
        if (in_array($extension, self::INCOMPLETE, true)) {
            return false;
        }
        try {
            return get_mangled_object_vars($class->newInstanceWithoutConstructor()) !== [];
        } catch (Throwable) {
            return false;
        }
    }
}
