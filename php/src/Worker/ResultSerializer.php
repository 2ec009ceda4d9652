<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Wire\PhpValue;

/**
 * Serializes a result for a client that takes PHP values, or says which part of it can't travel. Resources, which
 * `serialize()` turns into 0, and nesting that would overflow its stack are found before.
 */
final class ResultSerializer
{
    /** What `unserialize()` takes by default, less a little for what wraps the value. */
    private const MAX_DEPTH = 4_000;

    /** @var list<string> the way to the value at hand, as PHP would write it */
    private array $path = [];

    /** @var array<int, object> those that were looked at, by id; kept, lest an id is used again */
    private array $seen = [];

    /** @param string $name of the value in error messages */
    private function __construct(private readonly string $name)
    {
    }

    /**
     * @return string in base64 where the encoding carries no bytes
     * @throws TaskRefused RESULT_NOT_ENCODABLE, naming the path of the culprit
     */
    public static function serialize(mixed $value, Encoding $encoding, string $name = 'result'): string
    {
        if (!is_scalar($value) && $value !== null) {
            (new self($name))->look($value);
        }
        try {
            $blob = PhpValue::encode($value);
        } catch (\Throwable $e) {
            throw (new self($name))->find($value)
                ?? self::refuse("the $name cannot leave the worker: " . $e->getMessage(), $e);
        }
        return $encoding->isBinarySafe() ? $blob : base64_encode($blob);
    }

    /** Refuses resources and what is nested too deep. */
    private function look(mixed $value): void
    {
        if (count($this->path) > self::MAX_DEPTH) {
            $this->path = array_slice($this->path, 0, 6);
            throw self::refuse("the {$this->name} is nested deeper than " . self::MAX_DEPTH . ' levels, at '
                . $this->where() . '…');
        }
        $isObject = is_object($value);
        if (!$isObject && !is_array($value)) {
            throw $this->refuseType($value);
        }
        foreach ($isObject ? $this->properties($value) : $value as $key => $entry) {
            if ($entry === null || is_scalar($entry)) {
                continue;
            }
            $this->path[] = self::step($key, $isObject);
            $this->look($entry);
            array_pop($this->path);
        }
    }

    /** The first part that can't be serialized although all of its own parts can; null when there is none. */
    private function find(mixed $value): ?TaskRefused
    {
        if ($value === null || is_scalar($value) || is_object($value) && isset($this->seen[spl_object_id($value)])) {
            return null;
        }
        try {
            PhpValue::encode($value);
            return null;
        } catch (\Throwable $e) {
            $reason = $e;
        }
        $isObject = is_object($value);
        foreach ($isObject ? $this->properties($value) : (array) $value as $key => $entry) {
            $this->path[] = self::step($key, $isObject);
            $found = $this->find($entry);
            if ($found !== null) {
                return $found;
            }
            array_pop($this->path);
        }
        return $isObject ? $this->refuseType($value, $reason) : null;
    }

    /** @return array<array-key, mixed> what would be serialized of it, as far as that can be known without asking it */
    private function properties(object $object): array
    {
        $id = spl_object_id($object);
        if (isset($this->seen[$id]) || $object instanceof \UnitEnum || $object instanceof \Closure) {
            return [];
        }
        $this->seen[$id] = $object;
        if (method_exists($object, '__serialize') || method_exists($object, '__sleep')) {
            return [];
        }
        return get_mangled_object_vars($object);
    }

    private function refuseType(mixed $value, ?\Throwable $reason = null): TaskRefused
    {
        $why = $reason === null ? '' : ' (' . ExceptionReport::text($reason->getMessage(), 500) . ')';
        return self::refuse($this->where() . ' is ' . ExceptionReport::text(get_debug_type($value), 255)
            . ", which cannot leave the worker$why; return plain data", $reason);
    }

    private function where(): string
    {
        return $this->name . implode('', $this->path);
    }

    private static function step(int|string $key, bool $isObject): string
    {
        if (!$isObject) {
            return is_int($key) ? "[$key]" : "['" . ExceptionReport::text($key, 64) . "']";
        }
        $zero = strrpos((string) $key, "\0"); // before the names of private and protected properties
        return '->' . ExceptionReport::text(substr((string) $key, $zero === false ? 0 : $zero + 1), 64);
    }

    private static function refuse(string $message, ?\Throwable $previous = null): TaskRefused
    {
        return new TaskRefused('RESULT_NOT_ENCODABLE', $message, $previous);
    }
}
