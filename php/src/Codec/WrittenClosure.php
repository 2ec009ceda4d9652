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
    /** Names, magic constants, and the literals that take their places. */
    private const RESOLVED = [
        T_STRING, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED, T_NAME_RELATIVE, T_NS_SEPARATOR, T_NAMESPACE,
        T_LINE, T_FILE, T_DIR, T_NS_C, T_CLASS_C, T_FUNC_C, T_METHOD_C, T_TRAIT_C,
        T_LNUMBER, T_CONSTANT_ENCAPSED_STRING,
    ];

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
        private readonly bool $isArrow,
        private readonly bool $isStatic,
        private readonly bool $hasReturnType,
        private readonly array $parameters,
        private readonly array $uses,
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

    /** Whether other code is valid, and the same but for names, which may have been resolved, and magic constants. */
    public function isSameAs(string $code): bool
    {
        try {
            PhpToken::tokenize("<?php return $code;", TOKEN_PARSE);
        } catch (\ParseError) {
            return false;
        }
        $others = PhpToken::tokenize("<?php $code;");
        return self::skeleton(array_slice($others, 1, -1)) === self::skeleton($this->tokens);
    }

    /**
     * @param list<PhpToken> $tokens
     * @return list<string>
     */
    private static function skeleton(array $tokens): array
    {
        $texts = [];
        foreach ($tokens as $token) {
            if (!$token->isIgnorable() && !in_array($token->id, self::RESOLVED, true)) {
                $texts[] = $token->text;
            }
        }
        return $texts;
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
