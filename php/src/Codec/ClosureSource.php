<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use PhpToken;
use ReflectionFunction;

/**
 * The code of a closure for the libraries: by themselves they take the first that begins in its line, and misread some.
 *
 * @internal
 */
final class ClosureSource
{
    private const NAMES = [T_STRING, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED, T_NAME_RELATIVE];

    private const LITERALS = [T_LNUMBER, T_CONSTANT_ENCAPSED_STRING];

    private const MAGIC_CONSTANTS = [
        T_LINE, T_FILE, T_DIR, T_NS_C, T_CLASS_C, T_FUNC_C, T_METHOD_C, T_TRAIT_C,
    ];

    private const MEMBER_ACCESS = [T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON];

    /** @var ?list<PhpToken> from `static`, `function` or `fn` to its end */
    private ?array $tokens = null;

    private function __construct(public readonly ClosureCode $code, private readonly ReflectionFunction $closure)
    {
    }

    /** Whether it is one with code of its own, and not strtoupper(...) or $report->build(...). */
    public static function isWritten(ReflectionFunction $closure): bool
    {
        return str_contains($closure->getName(), '{closure');
    }

    /**
     * @param ?Closure(): ?string $hint {@see ClosureCode::of()}
     * @return ?self null for a closure that was rebuilt from a library's payload, where only the library has its code
     * @throws ClosureNotSerializable
     */
    public static function of(ReflectionFunction $closure, ?Closure $hint = null): ?self
    {
        $file = (string) $closure->getFileName();
        if (str_contains($file, '://') && !in_array(strtok($file, ':'), stream_get_wrappers(), true)) {
            return null;
        }
        return new self(ClosureCode::of($closure, $hint), $closure);
    }

    /** Whether it is the first of the closures that begin in its line. */
    public function isFirst(): bool
    {
        $file = (string) $this->closure->getFileName();
        $first = $this->code->file === $file
            ? SourceFile::named($file)->closuresIn((int) $this->closure->getStartLine())[0] ?? null
            : null;
        return $first?->text === $this->code->text;
    }

    /** What tells it from all closures for which a library makes something else: its place, its scope and its code. */
    public function keyOf(ReflectionFunction $closure): string
    {
        return "{$this->code->hash} {$closure->getClosureScopeClass()?->getName()}";
    }

    /** Whether it is declared `static`. */
    public function isStatic(): bool
    {
        return ($this->code->flags & ClosureCode::IS_STATIC) !== 0;
    }

    public function isArrow(): bool
    {
        return ($this->code->flags & ClosureCode::IS_ARROW) !== 0;
    }

    /**
     * Its code, complete and on as many lines as in the file, with the values of the magic constants that would have
     * others elsewhere.
     */
    public function portableCode(): string
    {
        $code = '';
        foreach ($this->tokens() as $token) {
            $code .= match ($token->id) {
                T_LINE => (string) $token->line,
                T_FILE => var_export($this->code->file, true),
                T_DIR => var_export(dirname($this->code->file), true),
                T_CLASS_C => var_export($this->code->class, true),
                default => $token->text,
            };
        }
        return $code;
    }

    /** @return list<array{int, string, int}|string> its tokens as token_get_all() gives them, and what may follow */
    public function legacyTokens(): array
    {
        $tokens = [];
        foreach ($this->tokens() as $token) {
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
        $own = self::significant($this->tokens());
        $other = self::withoutAttributes(array_slice(self::significant(PhpToken::tokenize("<?php $code;")), 0, -1));
        if (count($own) !== count($other)) {
            return false;
        }
        foreach ($own as $i => $token) {
            $isMember = $i > 0 && in_array($own[$i - 1]->id, self::MEMBER_ACCESS, true);
            if ($token->text !== $other[$i]->text && ($isMember || !self::couldBecome($token, $other[$i]))) {
                return false;
            }
            if ($other[$i]->id === T_NAME_RELATIVE && $this->code->header !== '') {
                return false; // its namespace would be another one's
            }
        }
        return true;
    }

    /** @return list<PhpToken> */
    private function tokens(): array
    {
        if ($this->tokens === null) {
            $lines = str_repeat("\n", $this->code->line - 1);
            $tokens = array_slice(PhpToken::tokenize("<?php$lines {$this->code->text}"), 1);
            $this->tokens = self::withoutAttributes($tokens);
        }
        return $this->tokens;
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
        for ($i = 0; isset($tokens[$i]) && ($tokens[$i]->id === T_ATTRIBUTE || $tokens[$i]->isIgnorable());) {
            $depth = 0;
            do {
                $depth += SourceParser::turn($tokens[$i++]);
            } while ($depth > 0 && isset($tokens[$i]));
        }
        return array_slice($tokens, $i);
    }
}
