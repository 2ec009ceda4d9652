<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use ReflectionReference;

/**
 * Makes a {@see Graph} of a value that was looked at by {@see Discovery}. Arrays that hold a node are copied, and null
 * stands in its place; all others, and all objects and references that need no help, are what they are.
 *
 * @internal
 */
final class GraphWriter
{
    /** @var array<int, list<mixed>> */
    private array $nodes = [];

    /** @var array<int|string, int> numbers of the nodes of objects, references and code, by key; by hash */
    private array $numbers = [];

    public function __construct(private readonly Discovery $found)
    {
    }

    /** @return ?Graph null when there is no node in the value: it may go as it is */
    public function graphOf(mixed $value): ?Graph
    {
        $this->nodes = [[]];
        $this->numbers = [];
        [$entries, $nodes] = $this->split([$value], $this->found->places[0]);
        if ($nodes === []) {
            return null;
        }
        $this->nodes[0] = [Graph::VALUES, $entries, $nodes];
        return new Graph($this->nodes);
    }

    /**
     * @param array<array-key, mixed> $values
     * @param array<array-key, mixed> $places {@see Discovery::$places}
     * @return array{array<array-key, mixed>, array<array-key, int>} entries and nodes
     */
    private function split(array $values, array $places): array
    {
        if ($places === []) {
            return [$values, []];
        }
        $nodes = [];
        foreach ($places as $key => $place) {
            $node = \is_array($values[$key]) ? $this->nested($values, $key, $place) : $this->object($values, $key);
            if ($node !== null) {
                $nodes[$key] = $node;
            }
        }
        // replaces entries, in their place, where to assign to one would write through references
        return $nodes === [] ? [$values, []] : [\array_replace($values, \array_fill_keys(\array_keys($nodes), null)), $nodes];
    }

    /**
     * @param array<array-key, mixed> $values
     * @param array<array-key, mixed>|true $place true: the array is that of a reference
     * @return ?int the number of the node for an array in it
     */
    private function nested(array $values, int|string $key, array|bool $place): ?int
    {
        if (\is_array($place)) {
            [$entries, $nodes] = $this->split($values[$key], $place);
            return $nodes === [] ? null : $this->add([Graph::VALUES, $entries, $nodes]);
        }
        $cell = ReflectionReference::fromArrayElement($values, $key)?->getId();
        if (!isset($this->found->nodes[$cell])) {
            return null;
        }
        if (!isset($this->numbers[$cell])) {
            $number = $this->numbers[$cell] = $this->add([]);
            $content = $this->add([]);
            $this->nodes[$number] = [Graph::CELL, $content];
            $this->nodes[$content] = [Graph::VALUES, ...$this->split($values[$key], $this->found->places[$cell])];
        }
        return $this->numbers[$cell];
    }

    /** @param array<array-key, mixed> $values */
    private function object(array $values, int|string $key): ?int
    {
        $id = \spl_object_id($values[$key]);
        if (!isset($this->found->nodes[$id])) {
            return null;
        }
        $node = $this->numbers[$id] ?? $this->instance($id);
        $cell = ReflectionReference::fromArrayElement($values, $key)?->getId();
        return $cell === null ? $node : $this->numbers[$cell] ??= $this->add([Graph::CELL, $node]);
    }

    private function instance(int $id): int
    {
        $number = $this->numbers[$id] = $this->add([]);
        $closure = $this->found->closures[$id] ?? null;
        $this->nodes[$number] = $closure === null
            ? [Graph::INSTANCE, $this->found->objects[$id]::class, ...$this->split($this->found->contents[$id], $this->found->places[$id])]
            : $this->closure($closure, $id);
        return $number;
    }

    /** @return list<mixed> */
    private function closure(FoundClosure $closure, int $id): array
    {
        if ($closure->packed !== null) {
            return [Graph::PACKED, $closure->packed];
        }
        $parts = [$closure->scope, $closure->called];
        [$places, $ofStatics] = $this->found->places[$id];
        $captured = $this->split($closure->captured, $places);
        if ($closure->code === null) {
            return [Graph::CALLABLE, $closure->name, ...$parts, $closure->isMagic, ...$captured];
        }
        $code = $this->numbers["code {$closure->code->hash}"]
            ??= $this->add([Graph::CODE, $closure->code->toArray()]);
        return [Graph::CLOSURE, $code, ...$parts, ...$captured, ...$this->split($closure->statics, $ofStatics)];
    }

    /** @param list<mixed> $node */
    private function add(array $node): int
    {
        $this->nodes[] = $node;
        return \count($this->nodes) - 1;
    }
}
