<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use B7s\Parallite\Wire\ClosureBearer;
use Closure;
use UnexpectedValueException;

/**
 * Reads what {@see Serializer} wrote: `unserialize()` does all, where there is no {@see Graph}.
 *
 * @internal
 */
final class Deserializer
{
    private const MAX_DEPTH = 4_096;

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
        $value = self::read($blob, $allowedClasses);
        return $value instanceof Graph ? self::build($value, $allowedClasses) : $value;
    }

    /**
     * The same, but a graph as it is, for {@see build()}.
     *
     * @param ?list<string> $allowedClasses
     * @throws UnknownClass
     * @throws UnexpectedValueException
     * @throws \Throwable
     */
    public static function read(string $blob, ?array $allowedClasses = null): mixed
    {
        if ($allowedClasses !== null) {
            self::check(NativeFormat::classesIn($blob), $allowedClasses);
        }
        $guard = new self();
        return $guard->guarded(static function () use ($blob, $guard): mixed {
            $callback = (string) ini_set('unserialize_callback_func', self::class . '::refuseClass');
            try {
                $value = unserialize($blob, ['max_depth' => self::MAX_DEPTH]);
            } finally {
                ini_set('unserialize_callback_func', $callback);
            }
            if ($value === false && $blob !== 'b:0;') {
                throw new UnexpectedValueException('the value cannot be unserialized: ' . ($guard->notice ?? 'it is damaged'));
            }
            return $value;
        });
    }

    /**
     * @param ?list<string> $allowedClasses
     * @throws UnknownClass
     * @throws \Throwable
     */
    public static function build(Graph $graph, ?array $allowedClasses = null): mixed
    {
        return (new self())->guarded(static fn(): mixed => (new GraphReader($graph, $allowedClasses))->value());
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

    /** @internal called by `unserialize()` */
    public static function refuseClass(string $class): never
    {
        throw new UnknownClass($class);
    }

    /**
     * Notices of `unserialize()` tell why it failed, and are not the program's; those of the classes of its objects are.
     *
     * @param Closure(): mixed $read
     */
    private function guarded(Closure $read): mixed
    {
        $this->handler = set_error_handler($this->onError(...));
        try {
            return $read();
        } finally {
            restore_error_handler();
        }
    }

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
