<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use B7s\Parallite\Wire\ClosureBearer;
use UnexpectedValueException;

/**
 * Reads what {@see Serializer} wrote: `unserialize()` does all, where there is no {@see Graph}.
 *
 * @internal
 */
final class Deserializer
{
    private const OPTIONS = ['max_depth' => 4_096];

    private const CALLBACK = self::class . '::refuseClass';

    /** What PHP complained about first. */
    private ?string $notice = null;

    /** The handler of errors of the program, for those that are its own. */
    private mixed $handler = null;

    private function __construct()
    {
    }

    /**
     * @param ?list<string> $allowedClasses null for all; closures need "Closure"
     * @throws UnknownClass when an object in it is of a class that does not exist here, or is not allowed
     * @throws UnexpectedValueException when it is damaged, or can't be rebuilt here
     * @throws \Throwable what the classes of objects in it throw
     */
    public static function deserialize(string $blob, ?array $allowedClasses = null): mixed
    {
        if ($allowedClasses !== null) {
            self::check(NativeFormat::classesIn($blob), $allowedClasses);
        }
        $guard = new self();
        $guard->handler = set_error_handler($guard->onError(...));
        $callback = (string) ini_set('unserialize_callback_func', self::CALLBACK);
        try {
            $value = unserialize($blob, self::OPTIONS);
            ini_set('unserialize_callback_func', $callback);
            if ($value instanceof Graph) {
                return (new GraphReader($value, $allowedClasses))->value();
            }
        } finally {
            ini_set('unserialize_callback_func', $callback);
            restore_error_handler();
        }
        return $value !== false || $blob === 'b:0;'
            ? $value
            : throw new UnexpectedValueException('the value cannot be unserialized: ' . ($guard->notice ?? 'it is damaged'));
    }

    /**
     * @param iterable<string> $classes
     * @param list<string> $allowed
     * @throws UnknownClass
     */
    public static function check(iterable $classes, array $allowed): void
    {
        $allowed = array_map(strtolower(...), $allowed);
        foreach ($classes as $class) {
            $isOurs = $class === Graph::class || $class === ClosureBearer::class && in_array('closure', $allowed, true);
            if (!$isOurs && !in_array(strtolower($class), $allowed, true)) {
                throw new UnknownClass($class, isForbidden: true);
            }
        }
    }

    /** Why a value could not be rebuilt; where that is what the code of a class has thrown, with the place. */
    public static function reason(\Throwable $failure): string
    {
        $isOurs = str_starts_with($failure->getFile(), dirname(__DIR__) . DIRECTORY_SEPARATOR);
        return $failure->getMessage()
            . ($isOurs ? '' : ' (' . get_debug_type($failure) . " in {$failure->getFile()} line {$failure->getLine()})");
    }

    /** @internal called by `unserialize()` */
    public static function refuseClass(string $class): never
    {
        throw new UnknownClass($class);
    }

    /** Notices of `unserialize()` tell why it failed, and are not the program's; those of the classes of its objects are. */
    private function onError(int $level, string $message, string $file = '', int $line = 0): bool
    {
        if (!str_starts_with($file, __DIR__)) {
            return $this->handler !== null && ($this->handler)($level, $message, $file, $line) !== false;
        }
        if (($level & (E_DEPRECATED | E_USER_DEPRECATED)) === 0) {
            $this->notice ??= $message;
        }
        return true;
    }
}
