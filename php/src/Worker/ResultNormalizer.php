<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;

/**
 * Brings a result into scalars, arrays and maps. Arrays without objects are passed on as they are.
 *
 * JsonSerializable objects say themselves what they are; enums become their value (or name), dates ISO 8601,
 * ArrayObjects their array, exceptions class, message and code, other objects their public properties.
 */
final class ResultNormalizer
{
    /** @var list<array-key> the way to the value at hand */
    private array $path = [];

    /** @param string $name of the value in error messages */
    public function __construct(private readonly Encoding $encoding, private readonly string $name)
    {
    }

    /** @throws TaskRefused RESULT_NOT_ENCODABLE, naming the path of the culprit */
    public static function normalize(mixed $value, Encoding $encoding, string $name = 'result'): mixed
    {
        return match (true) {
            is_string($value), is_int($value), is_bool($value), $value === null => $value,
            default => (new self($encoding, $name))->value($value),
        };
    }

    /** The error for a value that the encoding itself refused: finds the first string that is not UTF-8. */
    public static function explain(mixed $normalized, \JsonException $e, string $name = 'result'): TaskRefused
    {
        $path = self::pathOfBinary($normalized, $name);
        $reason = $path === null
            ? "the $name cannot be encoded: " . $e->getMessage()
            : "$path is a string that is not valid UTF-8, which JSON cannot carry; "
                . 'use MessagePack or return it base64_encode()d';
        return self::refuse($reason);
    }

    private function value(mixed $value): mixed
    {
        return match (true) {
            is_array($value) => $this->entries($value),
            is_object($value) => $this->object($value),
            is_float($value) => $this->number($value),
            is_string($value), is_int($value), is_bool($value), $value === null => $value,
            default => throw self::refuse($this->where() . ' is ' . get_debug_type($value)
                . ', which cannot leave the worker; return plain data'),
        };
    }

    /**
     * @param array<array-key, mixed> $entries
     * @return array<array-key, mixed>
     */
    private function entries(array $entries): array
    {
        $this->descend();
        $changes = [];
        foreach ($entries as $key => $value) {
            if (is_string($value) || is_int($value)) {
                continue;
            }
            $this->path[] = $key;
            $normalized = $this->value($value);
            array_pop($this->path);
            if ($normalized !== $value) {
                $changes[$key] = $normalized;
            }
        }
        if ($changes === []) {
            return $entries;
        }
        $copy = []; // anew, because an entry may be a reference to a variable of the task's
        foreach ($entries as $key => $value) {
            $copy[$key] = array_key_exists($key, $changes) ? $changes[$key] : $value;
        }
        return $copy;
    }

    private function object(object $object): mixed
    {
        $this->descend();
        if ($object instanceof \JsonSerializable) {
            $data = $object->jsonSerialize();
            return $data === $object ? $this->properties($object) : $this->replacement($data);
        }
        return match (true) {
            $object instanceof \BackedEnum => $object->value,
            $object instanceof \UnitEnum => $object->name,
            $object instanceof \DateTimeInterface => $object->format('Y-m-d\TH:i:s.uP'),
            $object instanceof \DateTimeZone => $object->getName(),
            $object instanceof \ArrayObject, $object instanceof \ArrayIterator
                => $this->entries($object->getArrayCopy()),
            $object instanceof \Throwable => $this->encoding->map($this->entries(
                ['class' => $object::class, 'message' => $object->getMessage(), 'code' => $object->getCode()]
            )),
            $object instanceof \Closure, $object instanceof \Generator => throw $this->refuseObject($object),
            default => $this->properties($object),
        };
    }

    private function properties(object $object): mixed
    {
        $properties = get_mangled_object_vars($object);
        foreach ($properties as $name => $_) {
            if (is_string($name) && $name !== '' && $name[0] === "\0") {
                unset($properties[$name]); // private or protected
            }
        }
        if ($properties === [] && !$object instanceof \stdClass && (new \ReflectionClass($object))->isInternal()) {
            throw $this->refuseObject($object);
        }
        return $this->encoding->map($this->entries($properties));
    }

    /** What an object gave for itself: no step of the path, but one of the depth. */
    private function replacement(mixed $value): mixed
    {
        $this->path[] = '';
        $normalized = $this->value($value);
        array_pop($this->path);
        return $normalized;
    }

    private function number(float $number): float
    {
        if (is_finite($number) || $this->encoding->isBinarySafe()) {
            return $number;
        }
        throw self::refuse($this->where() . " is $number, which JSON cannot carry; use MessagePack or return null");
    }

    private function descend(): void
    {
        if (count($this->path) >= Encoding::MAX_DEPTH) {
            $this->path = array_slice($this->path, 0, 6);
            throw self::refuse("the {$this->name} is circular or nested deeper than " . Encoding::MAX_DEPTH
                . ' levels, at ' . $this->where() . '…');
        }
    }

    private function refuseObject(object $object): TaskRefused
    {
        return self::refuse($this->where() . ' is a ' . ExceptionReport::text($object::class, 255)
            . ', which cannot leave the worker; return plain data');
    }

    private function where(): string
    {
        return $this->name . implode('', array_map(self::step(...), $this->path));
    }

    private static function step(int|string $key): string
    {
        return match (true) {
            is_int($key) => "[$key]",
            $key === '' => '',
            default => '.' . ExceptionReport::text($key, 64),
        };
    }

    private static function pathOfBinary(mixed $value, string $path): ?string
    {
        if (is_string($value)) {
            return preg_match('//u', $value) === 1 ? null : $path;
        }
        if (is_array($value) || is_object($value)) {
            foreach ((array) $value as $key => $entry) {
                if (is_string($key) && preg_match('//u', $key) !== 1) {
                    return "a key of $path";
                }
                $found = self::pathOfBinary($entry, $path . self::step($key));
                if ($found !== null) {
                    return $found;
                }
            }
        }
        return null;
    }

    private static function refuse(string $message): TaskRefused
    {
        return new TaskRefused('RESULT_NOT_ENCODABLE', $message);
    }
}
