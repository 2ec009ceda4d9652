<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use Closure;

/**
 * Makes a callable of a payload: a closure serialized by laravel/serializable-closure or opis/closure
 * (3 or 4), any serialized invokable object or callable array, each plain or in base64, or the name of a
 * callable ("strtoupper", "App\Report::build").
 */
final class PayloadDecoder
{
    private const OPIS_4 = 'O:16:"Opis\Closure\Box"';

    private const ADVICE = '; install it where the worker runs, or load its autoloader through php_includes';

    /** What PHP complained about last while it rebuilt the payload. */
    private ?string $notice = null;

    private readonly Closure $listener;

    public function __construct()
    {
        $this->listener = function (int $level, string $message): bool {
            $this->notice = $message;
            return true;
        };
    }

    /** @throws TaskRefused */
    public function decode(mixed $payload): callable
    {
        if (!is_string($payload)) {
            throw self::invalid('the payload must be a string (a serialized closure or the name of a callable), not '
                . get_debug_type($payload));
        }
        if (!self::isSerialized($payload)) {
            if (self::isName($payload) && is_callable($payload)) {
                return $payload;
            }
            $decoded = base64_decode($payload, true);
            if ($decoded === false || !self::isSerialized($decoded)) {
                throw self::invalid('the payload is neither a serialized closure (plain or base64) nor the name of '
                    . 'a callable that exists in the worker: ' . self::excerpt($payload));
            }
            $payload = $decoded;
        }
        // the libraries of closures cause notices that are not the task's, and must not reach its error handler
        $this->notice = null;
        set_error_handler($this->listener);
        try {
            return $this->callableIn($this->unserialize($payload));
        } finally {
            restore_error_handler();
        }
    }

    /** Objects, old Serializable objects, arrays, and what opis/closure 4 signed. */
    private static function isSerialized(string $payload): bool
    {
        $mark = substr($payload, 0, 2);
        return $mark === 'O:' || $mark === 'C:' || $mark === 'a:'
            || ($payload !== '' && $payload[0] === '@' && str_contains($payload, self::OPIS_4));
    }

    private static function isName(string $payload): bool
    {
        $word = '[a-z_\x80-\xff][\w\x80-\xff]*';
        return preg_match("/^\\\\?$word(\\\\$word)*(::$word)?$/iD", $payload) === 1;
    }

    private function unserialize(string $payload): mixed
    {
        try {
            $value = str_contains($payload, self::OPIS_4) && class_exists(\Opis\Closure\Serializer::class)
                ? \Opis\Closure\Serializer::unserialize($payload)
                : unserialize($payload);
        } catch (\Throwable $e) {
            throw self::invalid('the payload cannot be unserialized: ' . get_class($e) . ': ' . $e->getMessage(), $e);
        }
        if ($value === false) {
            throw self::invalid('the payload cannot be unserialized: ' . ($this->notice ?? 'it is damaged'));
        }
        return $value;
    }

    private function callableIn(mixed $value): callable
    {
        if ($value instanceof \__PHP_Incomplete_Class) {
            $class = ((array) $value)['__PHP_Incomplete_Class_Name'] ?? 'unknown';
            throw self::invalid("class $class is not known to the worker" . self::ADVICE);
        }
        if (is_object($value) && !$value instanceof Closure && method_exists($value, 'getClosure')) {
            try {
                $closure = $value->getClosure();
            } catch (\Throwable $e) {
                throw self::invalid('the closure cannot be rebuilt: ' . $e->getMessage(), $e);
            }
            // the class that a closure, or one that it captured, was written in must exist here too
            if ($closure === null || str_ends_with((string) $this->notice, '" not found')) {
                $reason = ($this->notice ?? 'it is damaged') . self::ADVICE;
                throw self::invalid("the closure cannot be rebuilt: $reason");
            }
            $value = $closure;
        }
        if (!is_callable($value)) {
            throw self::invalid('the payload holds ' . get_debug_type($value) . ', which cannot be called');
        }
        return $value;
    }

    private static function excerpt(string $payload): string
    {
        $start = substr($payload, 0, 64);
        $shown = preg_match('/^[\x20-\x7e]*$/D', $start) === 1 ? $start : bin2hex($start);
        return '"' . $shown . (strlen($payload) > 64 ? '…' : '') . '"';
    }

    private static function invalid(string $message, ?\Throwable $previous = null): TaskRefused
    {
        return new TaskRefused('INVALID_PAYLOAD', $message, $previous);
    }
}
