<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;
use ReflectionFunction;

/**
 * A closure as it is written in a file.
 *
 * @internal
 */
final class WrittenClosure
{
    private const NAMES = [T_STRING, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED, T_NAME_RELATIVE];

    private const LITERALS = [T_LNUMBER, T_CONSTANT_ENCAPSED_STRING];

    private const MAGIC_CONSTANTS = [
        T_LINE, T_FILE, T_DIR, T_NS_C, T_CLASS_C, T_FUNC_C, T_METHOD_C, T_TRAIT_C,
    ];

    private const MEMBER_ACCESS = [T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON];

    /** As {@see CallSite::textOf()} gives it. */
    public readonly string $code;

    /**
     * @param list<PhpToken> $tokens from `static`, `function` or `fn` to its end
     * @param list<string> $parameters
     * @param list<string> $uses what its `use` names
     * @param list<string> $mentioned variables in its body, closures within included
     * @param int $lastLine where its last token ends
     * @param int $followingLine where the next token is, up to which PHP may think that an arrow function goes
     */
    public function __construct(
        public readonly array $tokens,
        public readonly bool $isArrow,
        public readonly bool $isStatic,
        private readonly bool $hasReturnType,
        private readonly array $parameters,
        public readonly array $uses,
        private readonly array $mentioned,
        private readonly int $lastLine,
        private readonly int $followingLine,
    ) {
        $this->code = CallSite::textOf($tokens);
    }

    /** Whether its code, or that of a closure within, needs $this. */
    public function mentionsThis(): bool
    {
        return in_array('this', $this->mentioned, true);
    }

    /**
     * Its code, complete and on as many lines as in the file, with the values of the magic constants that would have
     * others elsewhere.
     *
     * @param string $class its scope; empty when it has none
     */
    public function portableCode(string $file, string $class): string
    {
        $code = '';
        foreach ($this->tokens as $token) {
            $code .= match ($token->id) {
                T_LINE => (string) $token->line,
                T_FILE => var_export($file, true),
                T_DIR => var_export(dirname($file), true),
                T_CLASS_C => var_export($class, true),
                default => $token->text,
            };
        }
        return $code;
    }

    /** @return list<array{int, string, int}|string> its tokens as token_get_all() gives them, and what may follow */
    public function legacyTokens(): array
    {
        $tokens = [];
        foreach ($this->tokens as $token) {
            $tokens[] = $token->id < 256 ? $token->text : [$token->id, $token->text, $token->line];
        }
        $tokens[] = ';';
        return $tokens;
    }

    /**
     * Whether other code is valid, and the same but for names, which may have been resolved, magic constants, which
     * may have been replaced by their values, and attributes.
     */
    public function isSameAs(string $code): bool
    {
        try {
            PhpToken::tokenize("<?php return $code;", TOKEN_PARSE);
        } catch (\ParseError) {
            return false;
        }
        $own = self::significant($this->tokens);
        $other = self::withoutAttributes(array_slice(self::significant(PhpToken::tokenize("<?php $code;")), 0, -1));
        if (count($own) !== count($other)) {
            return false;
        }
        foreach ($own as $i => $token) {
            $isMember = $i > 0 && in_array($own[$i - 1]->id, self::MEMBER_ACCESS, true);
            if ($token->text !== $other[$i]->text && ($isMember || !self::couldBecome($token, $other[$i]))) {
                return false;
            }
        }
        return true;
    }

    private static function couldBecome(PhpToken $token, PhpToken $other): bool
    {
        if (in_array($token->id, self::NAMES, true)) {
            return in_array($other->id, self::NAMES, true);
        }
        return in_array($token->id, self::MAGIC_CONSTANTS, true)
            && in_array($other->id, [...self::LITERALS, ...self::NAMES], true);
    }

    /**
     * @param list<PhpToken> $tokens
     * @return list<PhpToken>
     */
    private static function significant(array $tokens): array
    {
        return array_values(array_filter($tokens, static fn(PhpToken $token): bool => !$token->isIgnorable()));
    }

    /**
     * @param list<PhpToken> $tokens
     * @return list<PhpToken> without those in front
     */
    private static function withoutAttributes(array $tokens): array
    {
        for ($i = 0; ($tokens[$i]->id ?? null) === T_ATTRIBUTE;) {
            $depth = 0;
            do {
                $depth += SourceFile::turn($tokens[$i++]);
            } while ($depth > 0 && isset($tokens[$i]));
        }
        return array_slice($tokens, $i);
    }

    /** Whether all that reflection tells of a closure fits this one. */
    public function couldBe(ReflectionFunction $closure): bool
    {
        $captured = array_keys($closure->getClosureUsedVariables());
        $parameters = array_map(static fn(\ReflectionParameter $p): string => $p->getName(), $closure->getParameters());
        $end = $closure->getEndLine();
        return $parameters === $this->parameters
            && $closure->isStatic() === $this->isStatic
            && $closure->hasReturnType() === $this->hasReturnType
            && $end >= $this->lastLine
            && $end <= ($this->isArrow ? $this->followingLine : $this->lastLine)
            && ($this->isArrow
                ? array_diff($captured, $this->mentioned) === []
                : array_diff($captured, $this->uses) === [] && array_diff($this->uses, $captured) === []);
    }
}
