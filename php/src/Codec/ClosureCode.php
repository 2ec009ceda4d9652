<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use Closure;
use ReflectionClass;
use ReflectionFunction;

/**
 * The code of a closure, so that it can be compiled in another process: its source text as it is written, where that
 * is, and what its names and magic constants mean there. Values that the closure captured are no part of it.
 *
 * @internal
 */
final readonly class ClosureCode
{
    public const IS_STRICT = 1;
    public const IS_STATIC = 2;
    public const IS_ARROW = 4;
    public const USES_THIS = 8;
    public const USES_CALLED_CLASS = 16;
    public const IN_TRAIT = 32;
    public const CALLS_SCOPE = 64;
    public const IS_FREE = 128;

    /** Bits of what `declare(ticks=…)` says, from this one on. */
    public const TICKS = 256;
    public const MAX_TICKS = 65_535;

    /** Flags that matter where it is compiled. */
    private const IS_COMPILED = self::IS_STRICT | self::IN_TRAIT | self::TICKS * self::MAX_TICKS;

    /** What tells this code from any other: made of all that is compiled. */
    public string $hash;

    /**
     * @param string $text from the first attribute, `static`, `function` or `fn` to the end, as it is written
     * @param string $file as reflection gives it
     * @param int $line of the first character of the text
     * @param string $header namespace and imports as code, without line breaks: `namespace App; use Foo\Bar;`
     * @param int $flags of the constants of this class
     * @param array<string, bool> $uses variables that `use (…)` names, without the dollar; true: by reference. Empty for
     *     arrow functions, which capture by value what they mention
     * @param list<string> $statics static variables of its own body
     * @param string $class the class, trait or enum around it; empty for none
     * @param string $function what `__FUNCTION__` is in it
     */
    public function __construct(
        public string $text,
        public string $file,
        public int $line,
        public string $header,
        public int $flags,
        public array $uses = [],
        public array $statics = [],
        public string $class = '',
        public string $function = '{closure}',
    ) {
        $parts = [$text, $file, $line, $header, $flags & self::IS_COMPILED, $class, $function];
        $this->hash = hash('xxh128', implode("\0", $parts));
    }

    /**
     * @param ReflectionFunction $function of a closure with code of its own: not of strtoupper(...) or $report->build(...)
     * @param ?Closure(): ?string $hint asked which of the closures in its line it is, where that is not
     *     known otherwise: gives its code as {@see CallSite} does, or null
     * @throws \B7s\Parallite\Exception\ClosureNotSerializable when it is uncertain which code it runs
     */
    public static function of(ReflectionFunction $function, ?Closure $hint = null): self
    {
        return ClosureReader::codeOf($function, $hint);
    }

    /**
     * Whether no worker can know the class: it has no name, or was evaluated, as those of the tests of Pest are.
     *
     * @param ReflectionClass<object> $class
     */
    public static function isUnknowable(ReflectionClass $class): bool
    {
        return $class->isAnonymous() || str_ends_with((string) $class->getFileName(), "eval()'d code");
    }

    /** Whether it needs the object that it is bound to, where there is one. */
    public function usesThis(): bool
    {
        return ($this->flags & self::USES_THIS) !== 0;
    }

    /**
     * The object that the closure of this code needs. One whose class is below the scope is needed by a callable such as
     * [self::class, 'made'] of a static method, too: PHP takes the called class from it.
     */
    public function objectOf(ReflectionFunction $function): ?object
    {
        if ($this->usesThis()) {
            return $function->getClosureThis();
        }
        $object = ($this->flags & self::CALLS_SCOPE) !== 0 ? $function->getClosureThis() : null;
        return $object === null || $object::class === $function->getClosureScopeClass()?->getName() ? null : $object;
    }

    /**
     * Whether it asks for the class that its method was called on, which may be a subclass of its scope: by `static`,
     * or by calls that pass it on (`self::made()`). If not, that class can be left behind.
     */
    public function usesCalledClass(): bool
    {
        return ($this->flags & self::USES_CALLED_CLASS) !== 0;
    }

    /** What `declare(ticks=…)` says in it; 0 for nothing. */
    public function ticks(): int
    {
        return intdiv($this->flags, self::TICKS);
    }

    /**
     * Whether it runs the same outside of the class that it was written in: it does not mention that class, and only
     * objects of the class itself have members that it could see by that. Where the class is unknown there are none.
     */
    public function isFree(): bool
    {
        return ($this->flags & self::IS_FREE) !== 0;
    }

    /**
     * The static variables whose values are other ones than a fresh closure has.
     *
     * @return array<string, mixed> values by name, for {@see ClosureCompiler::make()}
     */
    public function changedStatics(ReflectionFunction $function): array
    {
        return $this->statics === [] ? [] : StaticVariables::changed($this, $function);
    }

    /** @return list<mixed> scalars, and arrays of them, for {@see fromArray()} */
    public function toArray(): array
    {
        return [
            $this->text, $this->file, $this->line, $this->header, $this->flags, $this->uses, $this->statics, $this->class,
            $this->function,
        ];
    }

    /**
     * @param array<array-key, mixed> $parts
     * @throws \TypeError|\ArgumentCountError when they are not those of a closure
     */
    public static function fromArray(array $parts): self
    {
        return new self(...array_values($parts));
    }
}
