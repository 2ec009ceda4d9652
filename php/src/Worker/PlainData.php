<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;

/**
 * Results as programs for the Go daemon's PHP package expect them: scalars, null and arrays of these. Keys stay as they are.
 *
 * An object that has toArray() becomes what that returns; a date `{_type: "datetime", value, timezone}`; another object,
 * enums too, what PHP makes of it as an array. NAN and INF become null.
 */
final class PlainData
{
    /** @var list<array-key> the way to the value at hand */
    private array $path = [];

    private function __construct()
    {
    }

    /** @throws TaskRefused RESULT_NOT_ENCODABLE for closures, resources and what is circular, naming the path */
    public static function of(mixed $result): mixed
    {
        return is_scalar($result) && !is_float($result) ? $result : (new self())->value($result);
    }

    /**
     * Defines the functions of that package which tasks of such programs may call: only where their names are free, and
     * only once such a task has come. Until then, all names belong to the project.
     */
    public static function defineFunctions(): void
    {
        $definitions = dirname(__DIR__, 2) . '/compat/src/Support/definitions.php';
        if (!function_exists('Parallite\getBenchmarkConfig') && is_file($definitions)) {
            require_once $definitions;
        }
    }

    private function value(mixed $value): mixed
    {
        return match (true) {
            is_array($value) => $this->entries($value),
            is_object($value) => $this->object($value),
            is_float($value) => is_finite($value) ? $value : null,
            is_scalar($value), $value === null => $value,
            default => throw $this->refusal('is a ' . get_debug_type($value)),
        };
    }

    /**
     * @param array<array-key, mixed> $entries
     * @return array<array-key, mixed>
     */
    private function entries(array $entries): array
    {
        if (count($this->path) >= Encoding::MAX_DEPTH) {
            $this->path = array_slice($this->path, 0, 6);
            throw $this->refusal('is circular, or nested deeper than ' . Encoding::MAX_DEPTH . ' levels');
        }
        $plain = []; // anew, because an entry may be a reference to a variable of the task's
        foreach ($entries as $key => $value) {
            $this->path[] = $key;
            $plain[$key] = $this->value($value);
            array_pop($this->path);
        }
        return $plain;
    }

    private function object(object $object): mixed
    {
        return match (true) {
            $object instanceof \Closure => throw $this->refusal('is a closure'),
            method_exists($object, 'toArray') => $this->replacement($object->toArray()),
            $object instanceof \DateTimeInterface => [
                '_type' => 'datetime',
                'value' => $object->format('c'),
                'timezone' => $object->getTimezone()->getName(),
            ],
            default => $this->entries((array) $object),
        };
    }

    /** What toArray() gave: one level more, so that an object which gives itself has an end. */
    private function replacement(mixed $value): mixed
    {
        $this->path[] = 'toArray()';
        $plain = is_array($value) ? $this->entries($value) : $this->value($value);
        array_pop($this->path);
        return $plain;
    }

    private function refusal(string $reason): TaskRefused
    {
        $steps = array_map(static fn(int|string $key): string => is_int($key) ? "[$key]" : ".$key", $this->path);
        return new TaskRefused('RESULT_NOT_ENCODABLE', ExceptionReport::text('result' . implode('', $steps), 1_000)
            . " $reason, which cannot leave the worker; return plain data");
    }
}
