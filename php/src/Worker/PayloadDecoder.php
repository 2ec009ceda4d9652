<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Value\Deserializer;
use B7s\Parallite\Value\LoneClosure;
use B7s\Parallite\Value\UnknownClass;
use B7s\Parallite\Wire\PhpValue;
use Closure;
use Opis\Closure\ClosureInfo;
use Opis\Closure\Serializer as Opis4;

/**
 * Makes a callable of a payload:
 *
 * - the name of a callable ("strtoupper", "App\Report::build");
 * - `parallite:2:` and, by {@see PhpValue}, the list of what to call and, maybe, the array of arguments, string keys
 *   being their names. What to call is a callable, or a payload by itself;
 * - a closure serialized by laravel/serializable-closure or opis/closure (3 or 4), any serialized invokable object or
 *   callable array, each plain or in base64;
 * - `parallite:1:`, of earlier versions, and the list of one of these two and the array of arguments.
 */
final class PayloadDecoder
{
    private const LIST = 'parallite:2:';

    private const WITH_ARGUMENTS = 'parallite:1:';

    /** In place of that list: a closure as {@see LoneClosure} writes it. */
    private const CLOSURE = 'c:';

    private const LARAVEL = 'O:47:"Laravel\SerializableClosure\SerializableClosure"';

    private const OPIS_4 = 'O:16:"Opis\Closure\Box"';

    /** Before the length of a closure's code, and the code. */
    private const OPIS_4_CODE = 's:4:"body";s:';

    private const OPIS_3 = 'C:32:"Opis\Closure\SerializableClosure"';

    /** What opis/closure 4 fails with. */
    private const NO_CLASS = '/^Class "(.+)" does not exist$/D';

    private const ADVICE = '; install it where the worker runs, or load its autoloader through php_includes';

    /** What PHP complained about last while it rebuilt the payload. */
    private ?string $notice = null;

    /** The class that `unserialize()` did not find. */
    private static ?string $unknownClass = null;

    private readonly Closure $listener;

    private readonly CompiledClosures $compiled;

    public function __construct()
    {
        $this->compiled = new CompiledClosures();
        $this->listener = function (int $level, string $message): bool {
            if (($level & (E_DEPRECATED | E_USER_DEPRECATED)) === 0) {
                $this->notice = $message;
            }
            return true;
        };
    }

    /**
     * @return array{callable, ?array<array-key, mixed>} the code, and the arguments that came with it
     * @throws TaskRefused INVALID_PAYLOAD
     */
    public function decode(mixed $payload): array
    {
        if (!is_string($payload)) {
            throw self::invalid('the payload must be a string (a serialized closure or the name of a callable), not '
                . get_debug_type($payload));
        }
        if (strncmp($payload, self::LIST, strlen(self::LIST)) === 0) {
            return LoneClosure::again($payload) ?? $this->rebuilt($payload);
        }
        $known = $this->compiled->again($payload);
        if ($known !== null) {
            return [$known, null];
        }
        // the libraries of closures cause notices that are not the task's, and must not reach its error handler
        $this->notice = self::$unknownClass = null;
        set_error_handler($this->listener);
        $callback = ini_set('unserialize_callback_func', self::class . '::noteUnknownClass');
        try {
            if (!str_starts_with($payload, self::WITH_ARGUMENTS)) {
                return [$this->code($payload), null];
            }
            $parts = $this->parts(substr($payload, strlen(self::WITH_ARGUMENTS)));
            return [$this->compiled->again($parts[0]) ?? $this->code($parts[0]), $parts[1]];
        } finally {
            ini_set('unserialize_callback_func', (string) $callback);
            restore_error_handler();
        }
    }

    /** @return array{callable, ?array<array-key, mixed>} */
    private function rebuilt(string $payload): array
    {
        try {
            $blob = PhpValue::plain(substr($payload, strlen(self::LIST)));
            if (str_starts_with($blob, self::CLOSURE)) {
                return [LoneClosure::read(substr($blob, strlen(self::CLOSURE)), $payload), null];
            }
            $list = Deserializer::deserialize($blob);
        } catch (UnknownClass $e) {
            throw self::isUnknown($e->class, $e);
        } catch (\Throwable $e) {
            throw self::invalid('the payload cannot be rebuilt: ' . Deserializer::reason($e), $e);
        }
        if (!is_array($list) || !isset($list[0]) || isset($list[1]) && !is_array($list[1])) {
            throw self::invalid('after ' . self::LIST . ' must come the list of what to call and an array of arguments');
        }
        $callable = is_string($list[0]) ? $this->decode($list[0])[0] : $list[0];
        if (!is_callable($callable)) {
            throw self::invalid('the payload holds ' . get_debug_type($callable) . ', which cannot be called');
        }
        return [$callable, $list[1] ?? null];
    }

    /** @internal called by `unserialize()` */
    public static function noteUnknownClass(string $class): void
    {
        self::$unknownClass ??= $class;
    }

    /** @throws TaskRefused when an object in the payload is of a class that does not exist here */
    private static function checkClasses(): void
    {
        if (self::$unknownClass === null) {
            return;
        }
        throw self::isUnknown(self::$unknownClass);
    }

    private static function isUnknown(string $class, ?\Throwable $previous = null): TaskRefused
    {
        $what = match (true) {
            $class === 'Opis\Closure\Box' => 'opis/closure 4, by which a closure was serialized,',
            str_starts_with($class, 'Opis\Closure\\') => 'opis/closure, by which a closure was serialized,',
            str_starts_with($class, 'Laravel\SerializableClosure\\') => 'laravel/serializable-closure, by which a closure '
                . 'was serialized,',
            default => "class $class",
        };
        return self::invalid("$what is not known to the worker" . self::ADVICE, $previous);
    }

    /** @return array{string, array<array-key, mixed>} */
    private function parts(string $blob): array
    {
        try {
            $parts = PhpValue::decode($blob);
        } catch (UnknownClass $e) {
            throw self::isUnknown($e->class, $e);
        } catch (\Throwable $e) {
            throw self::$unknownClass !== null
                ? self::isUnknown(self::$unknownClass, $e)
                : self::invalid('the arguments cannot be unserialized: ' . ($this->notice ?? $e->getMessage()), $e);
        }
        self::checkClasses();
        if (!is_array($parts) || !isset($parts[0], $parts[1]) || !is_string($parts[0]) || !is_array($parts[1])) {
            throw self::invalid('after ' . self::WITH_ARGUMENTS . ' must come the list of a payload and its arguments');
        }
        return [$parts[0], $parts[1]];
    }

    private function code(string $payload): callable
    {
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
        return $this->callableIn($this->unserialize($payload));
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
            $value = $this->compiled->rebuild($payload);
            $value ??= match (true) {
                self::isOpis4($payload) && class_exists(Opis4::class) => self::unserializeOpis4($payload),
                str_starts_with($payload, self::OPIS_3) && method_exists(Opis4::class, 'v3_unserialize')
                    => Opis4::v3_unserialize($payload),
                default => unserialize($payload),
            };
        } catch (\Throwable $e) {
            $isClass = $e instanceof \ReflectionException && preg_match(self::NO_CLASS, $e->getMessage(), $class) === 1;
            throw $isClass
                ? self::isUnknown($class[1], $e)
                : self::invalid('the payload cannot be unserialized: ' . get_class($e) . ': ' . $e->getMessage(), $e);
        }
        if ($value === false) {
            throw self::invalid('the payload cannot be unserialized: ' . ($this->notice ?? 'it is damaged'));
        }
        return $value;
    }

    /** Its boxes may lie deep in another value; in a closure of laravel/serializable-closure there are none. */
    private static function isOpis4(string $payload): bool
    {
        return !str_starts_with($payload, self::LARAVEL) && str_contains($payload, self::OPIS_4);
    }

    private static function unserializeOpis4(string $payload): mixed
    {
        for ($at = 0; ($at = strpos($payload, self::OPIS_4_CODE, $at)) !== false;) {
            $at += strlen(self::OPIS_4_CODE);
            $length = (int) substr($payload, $at, 10);
            if (CompiledClosures::hasAnonymousClass(substr($payload, $at, $length))) {
                ClosureInfo::clear(); // forgets what it compiled: else static members would be those of the last task
                break;
            }
        }
        return Opis4::unserialize($payload);
    }

    private function callableIn(mixed $value): callable
    {
        self::checkClasses();
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
