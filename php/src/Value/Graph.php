<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

/**
 * A value with closures in it, in the form in which it travels. `serialize()` writes it, and all that needs no help
 * stands in it as it is; so one graph of objects and references is one graph when it arrives.
 *
 * What holds a closure, or is one, is a node of the list, whatever depth it was found at. Values of nodes come in two
 * parts: the entries that travel by themselves, with null in the place of the others, and the numbers of the nodes that
 * belong there, by key. Node 0 is a list of the value alone.
 *
 * | kind | behind it |
 * |---|---|
 * | VALUES | entries, nodes: an array |
 * | CELL | node: what a reference refers to |
 * | INSTANCE | class, entries, nodes: an object; the entries are its properties, or what its `__serialize()` gave |
 * | CODE | {@see \B7s\Parallite\Codec\ClosureCode::toArray()} |
 * | CLOSURE | node of the code, scope, called class, entries, nodes, entries, nodes: what it captured, with the object that it is bound to as `this`; its static variables |
 * | CALLABLE | name, scope, called class, whether `__call()` takes it, entries, nodes: a function or method, with its object as `this` |
 * | PACKED | a closure as a library for closures packs it |
 *
 * @internal
 */
final class Graph
{
    public const VALUES = 0;
    public const CELL = 1;
    public const INSTANCE = 2;
    public const CODE = 3;
    public const CLOSURE = 4;
    public const CALLABLE = 5;
    public const PACKED = 6;

    /** @param array<int, array<array-key, mixed>> $nodes each a list that begins with its kind */
    public function __construct(public array $nodes)
    {
    }
}
