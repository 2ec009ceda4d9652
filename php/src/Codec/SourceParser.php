<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;

/**
 * Finds the closures in PHP code, with what surrounds each.
 *
 * @internal
 */
final class SourceParser
{
    private const MEMBER_OF = [T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON, T_CONST, T_FUNCTION];

    /** Tokens of one character have its code as their number; the same text within a string has another. */
    private const OPEN = [40, 91, 123];
    private const CLOSE = [41, 93, 125];
    private const COMMA = 44;
    private const COLON = 58;
    private const SEMICOLON = 59;
    private const QUESTION_MARK = 63;

    private const MAGIC_CONSTANTS = [T_FILE, T_DIR, T_CLASS_C, T_TRAIT_C, T_FUNC_C, T_METHOD_C];

    /** @var list<PhpToken> without white space and comments, and an end that is none */
    private array $tokens = [];

    /** @var array<int, PhpToken> doc comments, by the token behind */
    private array $docComments = [];

    /** @var list<WrittenClosure> in the order in which they begin */
    public array $closures = [];

    /** @var list<array{PhpToken, CodeContext}> */
    public array $magicConstants = [];

    public bool $isStrict = false;

    /** What `declare(ticks=…)` says where the parser is; 0 for nothing. */
    private int $ticks = 0;

    /** Whether it has a class without a name that keeps static values. */
    public bool $hasStatefulClass = false;

    private CodeContext $section;

    /** @param ?CodeContext $context what surrounds the code, where it is a part of a file */
    public function __construct(private readonly string $code, ?CodeContext $context = null)
    {
        $this->section = $context ?? new CodeContext(new Imports());
        foreach (PhpToken::tokenize($code) as $token) {
            if ($token->id === T_DOC_COMMENT) {
                $this->docComments[count($this->tokens)] = $token;
            } elseif (!$token->isIgnorable()) {
                $this->tokens[] = $token;
            }
        }
        for ($i = 0; isset($this->tokens[$i]); $i++) {
            $i = $this->walk($i, null); // ends early at brackets that are too many
        }
        $this->tokens = [];
    }

    /**
     * Goes on to the bracket that closes the one before, or to where an expression ends.
     *
     * @param ?CodeContext $context null outside of all functions and classes
     */
    private function walk(int $i, ?CodeContext $context, bool $isExpression = false): int
    {
        $ternaries = $yields = 0;
        $attributes = [];
        for ($depth = 0; isset($this->tokens[$i]);) {
            $token = $this->tokens[$i];
            $turn = self::turn($token);
            if ($depth === 0 && ($turn < 0 || $isExpression && self::endsExpression($token, $ternaries, $yields))) {
                break;
            }
            if ($token->id === T_ATTRIBUTE) {
                $attributes[] = $i;
                $i = $this->walk($i + 1, $context) + 1;
                continue;
            }
            $depth += $turn;
            if ($depth === 0) {
                $ternaries += (int) ($token->id === self::QUESTION_MARK) - (int) ($token->id === self::COLON);
                $yields += (int) ($token->id === T_YIELD) - (int) ($token->id === T_DOUBLE_ARROW);
            }
            $i = $this->step($i, $context, $attributes);
            $attributes = $token->id === T_STATIC ? $attributes : [];
        }
        return $i;
    }

    /** @param int $yields that may have a key still: yield $key => $value */
    private static function endsExpression(PhpToken $token, int $ternaries, int $yields): bool
    {
        return match ($token->id) {
            self::COMMA, self::SEMICOLON, T_CLOSE_TAG, T_AS => true,
            self::COLON => $ternaries === 0,
            T_DOUBLE_ARROW => $yields <= 0,
            default => false,
        };
    }

    /**
     * Behind the token, or what begins with it.
     *
     * @param list<int> $attributes before it
     */
    private function step(int $i, ?CodeContext $context, array $attributes): int
    {
        $token = $this->tokens[$i];
        $around = $context ?? $this->section;
        switch ($token->id) {
            case T_FN:
            case T_FUNCTION:
                return $this->function($i, $around, $attributes);
            case T_CLASS:
            case T_TRAIT:
            case T_INTERFACE:
            case T_ENUM:
                return $this->classLike($i, $around);
            case T_NAMESPACE:
                return $context === null ? $this->namespace($i) : $i + 1;
            case T_USE:
                return $context === null ? $this->import($i) : $i + 1;
            case T_DECLARE:
                return $this->declaration($i + 2, $context);
            case T_ENDDECLARE:
                $this->ticks = 0;
                return $i + 1;
        }
        if (in_array($token->id, self::MAGIC_CONSTANTS, true)) {
            $this->magicConstants[] = [$token, $around];
        }
        $around->closure?->facts->note($this->tokens, $i);
        return $i + 1;
    }

    private function declaration(int $i, ?CodeContext $context): int
    {
        $ticks = $this->ticks;
        for (; isset($this->tokens[$i]) && $this->text($i) !== ')'; $i++) {
            $name = strtolower($this->text($i));
            if ($name === 'strict_types') {
                $this->isStrict = $this->isStrict || $this->text($i + 2) === '1';
            } elseif ($name === 'ticks') {
                $this->ticks = (int) $this->text($i + 2);
            }
        }
        if ($this->text($i + 1) === '{') {
            $i = $this->walk($i + 2, $context);
            $this->ticks = $ticks;
        }
        return $i + 1;
    }

    private function namespace(int $i): int
    {
        $next = $this->tokens[$i + 1] ?? null;
        $isNamed = $next !== null && in_array($next->id, [T_STRING, T_NAME_QUALIFIED], true);
        $name = $isNamed ? $next->text : '';
        $imports = new Imports($name);
        $this->section = new CodeContext($imports, $this->section->class, $this->section->isTrait, $this->section->function);
        return $i + ($isNamed ? 2 : 1);
    }

    private function import(int $i): int
    {
        $tokens = [];
        for ($i++; isset($this->tokens[$i]) && $this->tokens[$i]->text !== ';'; $i++) {
            $tokens[] = $this->tokens[$i];
        }
        if ($tokens !== []) {
            $this->section->imports->add($tokens);
        }
        return $i;
    }

    /** @param list<int> $attributes */
    private function function(int $i, CodeContext $context, array $attributes): int
    {
        $name = $i + 1;
        if ($this->text($name) === '&') {
            $name++;
        }
        if ($this->isMember($i) || $this->isNameOfMethod($i)) {
            return $i + 1;
        }
        if ($this->text($name) === '(') {
            return $this->closure($i, $name, $context, $attributes);
        }
        if ($this->text($name + 1) !== '(') {
            return $i + 1; // use function, or an argument's name
        }
        $inside = $context->inFunction($this->text($name));
        $i = $this->walk($name + 2, $inside) + 1;
        while (isset($this->tokens[$i]) && $this->text($i) !== '{' && $this->text($i) !== ';') {
            $i++; // its type
        }
        return $this->text($i) === '{' ? $this->walk($i + 1, $inside) + 1 : $i;
    }

    /** As in function &fn(). */
    private function isNameOfMethod(int $i): bool
    {
        return $this->text($i - 1) === '&' && ($this->tokens[$i - 2]->id ?? 0) === T_FUNCTION;
    }

    /** @param list<int> $attributes */
    private function closure(int $keyword, int $open, CodeContext $context, array $attributes): int
    {
        $isStatic = ($this->tokens[$keyword - 1]->id ?? 0) === T_STATIC;
        $start = $attributes[0] ?? ($isStatic ? $keyword - 1 : $keyword);
        $closure = new WrittenClosure($this->tokens[$keyword], $isStatic, $open > $keyword + 1, $context);
        $closure->ticks = $this->ticks;
        $this->closures[] = $closure;
        foreach ($attributes as $i => $from) {
            $to = ($attributes[$i + 1] ?? ($isStatic ? $keyword - 1 : $keyword)) - 1;
            $closure->attributes[] = [$this->tokens[$from]->pos, $this->textBetween($from, $to)];
        }
        $inside = $context->inClosure($closure);
        $close = $this->walk($open + 1, $inside);
        $closure->parameters = ParameterList::of(array_slice($this->tokens, $open + 1, $close - $open - 1));
        $i = $close + 1;
        $closure->usesAt = ($this->tokens[$close]->pos ?? 0) + 1;
        if (($this->tokens[$i]->id ?? 0) === T_USE) {
            $closure->usesAt = ($this->tokens[$i + 1]->pos ?? 0) + 1;
            $i = $this->uses($i + 2, $closure);
        }
        $type = [];
        for (; isset($this->tokens[$i]) && !in_array($this->text($i), ['{', '=>', ';'], true); $i++) {
            $type[] = $this->tokens[$i];
            $closure->facts->note($this->tokens, $i);
        }
        $closure->returnType = array_slice($type, 1);
        $end = $closure->isArrow ? $this->walk($i + 1, $inside, true) - 1 : $this->walk($i + 1, $inside);
        $this->finish($closure, $start, $open, $end);
        return $end + 1;
    }

    private function uses(int $i, WrittenClosure $closure): int
    {
        for (; isset($this->tokens[$i]) && $this->text($i) !== ')'; $i++) {
            if ($this->tokens[$i]->id === T_VARIABLE) {
                $closure->uses[substr($this->text($i), 1)] = $this->text($i - 1) === '&';
            }
        }
        return $i + 1;
    }

    private function finish(WrittenClosure $closure, int $start, int $open, int $end): void
    {
        $last = $this->tokens[$end] ?? $this->tokens[count($this->tokens) - 1];
        $first = $this->docComments[$start] ?? $this->tokens[$start];
        $closure->position = $first->pos;
        $closure->firstLine = $first->line;
        $closure->text = substr($this->code, $first->pos, $last->pos + strlen($last->text) - $first->pos);
        $closure->lastLine = $last->line + substr_count($last->text, "\n");
        $closure->followingLine = $this->tokens[$end + 1]->line ?? PHP_INT_MAX;
        for ($i = $open; $i >= $start && $closure->docComment === null; $i--) {
            $closure->docComment = $this->docComments[$i] ?? null;
        }
    }

    /** Whether a byte of the code belongs to a closure. */
    public function isInClosure(int $position): bool
    {
        foreach ($this->closures as $closure) {
            if ($position >= $closure->position && $position < $closure->position + strlen($closure->text)) {
                return true;
            }
        }
        return false;
    }

    private function textBetween(int $start, int $end): string
    {
        $from = $this->tokens[$start]->pos;
        $last = $this->tokens[$end] ?? $this->tokens[count($this->tokens) - 1];
        return substr($this->code, $from, $last->pos + strlen($last->text) - $from);
    }

    /** Whether what stands there is the name of a member. */
    private function isMember(int $i): bool
    {
        $before = $this->tokens[$i - 1] ?? null;
        return $before !== null && in_array($before->id, self::MEMBER_OF, true);
    }

    private function classLike(int $i, CodeContext $context): int
    {
        $next = $this->tokens[$i + 1] ?? null;
        if ($next === null || $this->isMember($i)) {
            return $i + 1;
        }
        $isNamed = $next->id === T_STRING;
        if (!$isNamed && !in_array($next->text, ['(', '{'], true) && !$next->is([T_EXTENDS, T_IMPLEMENTS])) {
            return $i + 1; // an argument's name, or a constant's
        }
        $start = $i + 1;
        if ($next->text === '(') {
            $start = $this->walk($i + 2, $context) + 1;
        }
        for ($body = $start; isset($this->tokens[$body]) && $this->text($body) !== '{'; $body++) {
            continue;
        }
        $inside = $isNamed
            ? $context->inClass($next->text, $this->tokens[$i]->id === T_TRAIT)
            : $context->inAnonymousClass();
        $end = $this->walk($body + 1, $inside);
        $this->hasStatefulClass = $this->hasStatefulClass || !$isNamed && $this->hasStatics($body, $end);
        return $end + 1;
    }

    private function hasStatics(int $i, int $end): bool
    {
        for (; $i < $end; $i++) {
            if ($this->tokens[$i]->id === T_STATIC && !$this->tokens[$i + 1]->is([T_FN, T_DOUBLE_COLON])) {
                return true;
            }
        }
        return false;
    }

    /** By how much a token deepens the nesting. */
    public static function turn(PhpToken $token): int
    {
        return match ($token->id) {
            self::OPEN[0], self::OPEN[1], self::OPEN[2], T_CURLY_OPEN, T_DOLLAR_OPEN_CURLY_BRACES, T_ATTRIBUTE => 1,
            self::CLOSE[0], self::CLOSE[1], self::CLOSE[2] => -1,
            default => 0,
        };
    }

    private function text(int $i): string
    {
        return $this->tokens[$i]->text ?? '';
    }
}
