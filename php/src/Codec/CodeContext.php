<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

/**
 * What surrounds a piece of code: what its names and its magic constants mean.
 *
 * @internal
 */
final readonly class CodeContext
{
    /**
     * @param Imports $imports of the section of its namespace
     * @param string $class the class, trait or enum around it; empty for none
     * @param ?string $function as PHP 8.4 names it in the name of a closure, `App\Report::build()`; empty outside of
     *     functions; null where it is unknown, as in anonymous classes
     * @param ?WrittenClosure $closure the innermost one around it
     */
    public function __construct(
        public Imports $imports,
        public string $class = '',
        public bool $isTrait = false,
        public ?string $function = '',
        public ?WrittenClosure $closure = null,
        public bool $isClassBody = false,
    ) {
    }

    public function inClass(string $name, bool $isTrait): self
    {
        return new self($this->imports, $this->imports->prefix() . $name, $isTrait, null, isClassBody: true);
    }

    public function inAnonymousClass(): self
    {
        return new self($this->imports, 'class@anonymous', isClassBody: true, function: null);
    }

    /** In a method, when this is the body of a class. */
    public function inFunction(string $name): self
    {
        if (!$this->isClassBody) {
            return new self($this->imports, function: $this->imports->prefix() . "$name()");
        }
        $function = $this->class === 'class@anonymous' ? null : "$this->class::$name()";
        return new self($this->imports, $this->class, $this->isTrait, $function);
    }

    public function inClosure(WrittenClosure $closure): self
    {
        return new self($this->imports, $this->class, $this->isTrait, $this->function, $closure);
    }
}
