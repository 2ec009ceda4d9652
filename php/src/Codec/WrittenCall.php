<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;

/**
 * The arguments of a call as they are written.
 *
 * @internal
 */
final class WrittenCall
{
    /** @var list<list<PhpToken>> without their names */
    private readonly array $arguments;

    /** @param list<PhpToken> $tokens what follows the parenthesis, without white space and comments */
    private function __construct(array $tokens)
    {
        $arguments = [];
        foreach (self::parts($tokens) as $part) {
            $arguments[] = ($part[1]->text ?? '') === ':' ? array_slice($part, 2) : $part;
        }
        $this->arguments = $arguments;
    }

    /**
     * @param SourceParser $source the file, parsed
     * @param bool $isInClosure whether the call stands in a closure
     * @return ?self null unless the line has one such call, and none beside it that doesn't say what it calls
     */
    public static function find(string $code, SourceParser $source, string $name, int $line, bool $isInClosure): ?self
    {
        $tokens = array_values(array_filter(PhpToken::tokenize($code), static fn(PhpToken $t): bool => !$t->isIgnorable()));
        $calls = $dynamic = [];
        foreach ($tokens as $i => $token) {
            if ($token->line !== $line || $source->isInClosure($token->pos) !== $isInClosure) {
                continue;
            }
            if (self::isNamed($token, $name) && ($tokens[$i + 1]->text ?? '') === '(') {
                $calls[] = $i + 2;
            } elseif (DynamicCall::begins($tokens, $i)) {
                $dynamic[] = $token->pos;
            }
        }
        if (count($calls) !== 1) {
            return null;
        }
        $rest = array_slice($tokens, $calls[0]);
        return self::isOneOutside($dynamic, $source, $rest) ? null : new self($rest);
    }

    /**
     * Whether one of the positions is in no closure of the tokens: what is in a closure that is an argument runs later.
     *
     * @param list<int> $positions
     * @param list<PhpToken> $tokens
     */
    private static function isOneOutside(array $positions, SourceParser $source, array $tokens): bool
    {
        $start = $tokens[0]->pos ?? PHP_INT_MAX;
        foreach ($positions as $position) {
            $isWithin = false;
            foreach ($source->closures as $closure) {
                $isWithin = $isWithin || $closure->position >= $start && $position >= $closure->position
                    && $position < $closure->position + strlen($closure->text);
            }
            if (!$isWithin) {
                return true;
            }
        }
        return false;
    }

    /** Whether it is this name, or ends with it behind a namespace. */
    private static function isNamed(PhpToken $token, string $name): bool
    {
        return $token->text === $name || str_ends_with($token->text, "\\$name") && $token->id !== T_CONSTANT_ENCAPSED_STRING;
    }

    /** The code of the closure that is an argument; null unless there is one. */
    public function onlyClosure(): ?string
    {
        $closures = array_filter($this->arguments, self::beginsClosure(...));
        return count($closures) === 1 ? self::textOf(reset($closures)) : null;
    }

    /** @return array<array-key, string> the code of the elements of the array that is the first argument, if it is plain to read */
    public function entries(): array
    {
        $array = $this->arguments[0] ?? [];
        if (($array[0]->text ?? '') !== '[') {
            return [];
        }
        if (!self::isWhole($array)) {
            return []; // an element of it is the argument, for example
        }
        $elements = [];
        foreach (self::parts(array_slice($array, 1)) as $element) {
            $key = null;
            if (($element[1]->text ?? '') === '=>') {
                $key = self::literal($element[0]);
                $element = array_slice($element, 2);
                if ($key === null) {
                    return [];
                }
            } elseif (!self::isValue($element)) {
                return [];
            }
            $code = self::textOf($element);
            $key === null ? $elements[] = $code : $elements[$key] = $code;
        }
        return $elements;
    }

    /**
     * Code to compare: without white space and comments.
     *
     * @param list<PhpToken> $tokens
     */
    public static function textOf(array $tokens): string
    {
        $text = '';
        foreach ($tokens as $token) {
            $text .= $token->isIgnorable() ? '' : "$token->text ";
        }
        return $text;
    }

    /**
     * What stands between commas, up to the bracket that closes it.
     *
     * @param list<PhpToken> $tokens
     * @return list<list<PhpToken>>
     */
    private static function parts(array $tokens): array
    {
        $parts = [];
        $part = [];
        $depth = 0;
        foreach ($tokens as $token) {
            $depth += SourceParser::turn($token);
            if ($depth < 0) {
                break;
            }
            if ($depth === 0 && $token->text === ',') {
                $parts[] = $part;
                $part = [];
            } else {
                $part[] = $token;
            }
        }
        return $part === [] ? $parts : [...$parts, $part];
    }

    /**
     * Whether the bracket that closes the first token is the last one.
     *
     * @param list<PhpToken> $tokens
     */
    private static function isWhole(array $tokens): bool
    {
        $depth = 0;
        foreach ($tokens as $i => $token) {
            $depth += SourceParser::turn($token);
            if ($depth === 0) {
                return $i === count($tokens) - 1;
            }
        }
        return false;
    }

    /** @param list<PhpToken> $tokens */
    private static function beginsClosure(array $tokens): bool
    {
        $first = $tokens[0]->id ?? 0;
        if ($first === T_STATIC) {
            $first = $tokens[1]->id ?? 0; // static::KEY begins none
        }
        return in_array($first, [T_FN, T_FUNCTION, T_ATTRIBUTE], true);
    }

    /**
     * Whether an element is a value without a key, and not a list that is unpacked.
     *
     * @param list<PhpToken> $tokens
     */
    private static function isValue(array $tokens): bool
    {
        return self::beginsClosure($tokens)
            || $tokens[0]->id !== T_ELLIPSIS && !in_array('=>', array_column($tokens, 'text'), true);
    }

    /** The value of a key that is written as it is. */
    private static function literal(PhpToken $token): int|string|null
    {
        if ($token->id === T_LNUMBER && (string) (int) $token->text === $token->text) { // none that is octal
            return (int) $token->text;
        }
        $isPlain = $token->id === T_CONSTANT_ENCAPSED_STRING && !str_contains($token->text, '\\');
        return $isPlain ? substr($token->text, 1, -1) : null;
    }
}
