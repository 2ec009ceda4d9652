<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;

/**
 * A closure as it is written in a file. {@see SourceParser} fills it.
 *
 * @internal
 */
final class WrittenClosure
{
    /** `static` that makes a closure or a variable static is none. */
    private const SCOPE = '/\b(?:self|parent|__CLASS__|get_class|get_parent_class)\b|\bstatic\b(?!\s+(?:fn|function)\b|\s*\$)/i';

    public readonly bool $isArrow;

    /** Of its `function` or `fn`, which reflection gives as its first. */
    public readonly int $line;

    /** From the first attribute, `static`, `function` or `fn` to its end. */
    public string $text = '';

    /** @var list<array{int, string}> where a group of attributes begins, in bytes, and its text */
    public array $attributes = [];

    /** Behind its `function` or `fn`, in bytes. */
    public readonly int $keywordEnd;

    /** Where the text begins, in bytes. */
    public int $position = 0;

    public int $firstLine = 0;

    public int $lastLine = 0;

    /** Where the next token is, up to which PHP may think that an arrow function goes. */
    public int $followingLine = 0;

    /** Right before it; one further off may be PHP's choice. */
    public ?PhpToken $docComment = null;

    public ParameterList $parameters;

    /** @var list<PhpToken> */
    public array $returnType = [];

    /** @var array<string, bool> what `use (…)` names; true: by reference */
    public array $uses = [];

    /** Where the first variable of `use (…)` is, or would be `use` itself, in bytes. */
    public int $usesAt = 0;

    /** How many names are imported before it. */
    public readonly int $imports;

    public readonly ClosureFacts $facts;

    /** What `declare(ticks=…)` says there; 0 for nothing. */
    public int $ticks = 0;

    public function __construct(
        PhpToken $keyword,
        public readonly bool $isStatic,
        public readonly bool $returnsReference,
        public readonly CodeContext $context,
    ) {
        $this->isArrow = $keyword->id === T_FN;
        $this->line = $keyword->line;
        $this->keywordEnd = $keyword->pos + strlen($keyword->text);
        $this->imports = $context->imports->count();
        $this->facts = new ClosureFacts();
        if ($context->closure !== null) {
            $context->closure->facts->within[] = $this;
        }
    }

    /** @return array<string, true> variables that an arrow function captures if they are there */
    public function mentioned(): array
    {
        $names = $this->facts->variables;
        foreach ($this->facts->within as $closure) {
            $names += $closure->isArrow ? $closure->mentioned() + $closure->parameters->names() : $closure->uses;
        }
        $own = $this->isArrow ? $this->parameters->names() : [];
        return array_fill_keys(array_keys(array_diff_key($names, $own)), true);
    }

    /** Whether it, or an arrow function within, may capture variables that can't be seen to be mentioned. */
    public function computesNames(): bool
    {
        return $this->facts->computesNames || $this->isTrueWithin(static fn(self $closure): bool
            => $closure->isArrow && $closure->computesNames());
    }

    /** What PHP 8.4 names it; null where that is unknown. */
    public function name(string $file): ?string
    {
        $around = $this->context->closure === null
            ? $this->context->function
            : $this->context->closure->name($file);
        return $around === null ? null : '{closure:' . ($around === '' ? $file : $around) . ":$this->line}";
    }

    /** Whether it, or a closure within that is not static, may use the object. */
    public function mayUseThis(): bool
    {
        return $this->facts->mayUseThis || $this->isTrueWithin(static fn(self $closure): bool
            => !$closure->isStatic && $closure->mayUseThis());
    }

    /** Whether it, or a closure within, asks for the called class. */
    public function asksForClass(): bool
    {
        return $this->facts->asksForClass
            || $this->isTrueWithin(static fn(self $closure): bool => $closure->asksForClass());
    }

    /** Whether it, or a closure within, may mention the class around it, in a text or a comment, too. */
    public function mayAskForScope(): bool
    {
        return $this->asksForClass() || preg_match(self::SCOPE, $this->text) === 1;
    }

    /** @return list<array{string, string, bool}> {@see ClosureFacts::$calls}, also those within */
    public function calls(): array
    {
        $calls = $this->facts->calls;
        foreach ($this->facts->within as $closure) {
            $calls = [...$calls, ...$closure->calls()];
        }
        return $calls;
    }

    /** @param callable(self): bool $test */
    private function isTrueWithin(callable $test): bool
    {
        foreach ($this->facts->within as $closure) {
            if ($test($closure)) {
                return true;
            }
        }
        return false;
    }
}
