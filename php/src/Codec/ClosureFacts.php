<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;

/**
 * What a closure mentions, closures within it excepted: those have facts of their own.
 *
 * @internal
 */
final class ClosureFacts
{
    /** `include` is one: what is included sees `$this`. */
    private const RUNS_CODE = [T_INCLUDE, T_INCLUDE_ONCE, T_REQUIRE, T_REQUIRE_ONCE, T_EVAL];

    private const NAMES = [T_STRING, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED, T_NAME_RELATIVE, T_STATIC];

    /** As a token of one character. */
    private const DOLLAR = 36;

    /** They know the class that a static method was called on. */
    private const FUNCTIONS_OF_CLASS = ['get_called_class', 'forward_static_call', 'forward_static_call_array'];

    /** @var array<string, true> */
    public array $variables = [];

    public bool $isGenerator = false;

    /** Whether `$this` stands in it. */
    public bool $hasThis = false;

    /** Whether it has variables whose names are expressions, as in `${'a' . 'b'}`, which PHP may know before it runs. */
    public bool $computesNames = false;

    /** Whether a part of it may be left out. */
    public bool $hasShortCircuit = false;

    /** Whether it may use `$this`, also by what can't be seen to be it. */
    public bool $mayUseThis = false;

    /** Whether it asks for the called class. */
    public bool $asksForClass = false;

    /**
     * Class and method of calls such as parent::build(), and of callables such as [parent::class, 'build'] (true).
     *
     * @var list<array{string, string, bool}>
     */
    public array $calls = [];

    /**
     * Statements that declare static variables: where each begins, and ends behind its semicolon, in bytes, and the same
     * of each variable with its value, by name.
     *
     * @var list<array{int, int, array<string, array{int, int}>}>
     */
    public array $statics = [];

    /** @var list<WrittenClosure> */
    public array $within = [];

    /**
     * @param list<PhpToken> $tokens
     * @param int $i which of them
     */
    public function note(array $tokens, int $i): void
    {
        $token = $tokens[$i];
        switch ($token->id) {
            case T_VARIABLE:
                if ($tokens[$i - 1]->id !== T_DOUBLE_COLON || ($tokens[$i + 1]->text ?? '') === '(') {
                    $this->variable(substr($token->text, 1));
                }
                break;
            case T_STRING_VARNAME:
                $this->variable($token->text);
                break;
            case self::DOLLAR:
                if (($tokens[$i + 1]->text ?? '') === '{' && $tokens[$i - 1]->id !== T_DOUBLE_COLON) {
                    $this->expression($tokens, $i + 2);
                }
                break;
            case T_DOLLAR_OPEN_CURLY_BRACES:
                $this->expression($tokens, $i + 1);
                break;
            case T_CONSTANT_ENCAPSED_STRING:
                $this->string(substr($token->text, 1, -1), ($tokens[$i + 1]->text ?? '') === ',');
                break;
            case T_BOOLEAN_AND:
            case T_BOOLEAN_OR:
            case T_LOGICAL_AND:
            case T_LOGICAL_OR:
                $this->hasShortCircuit = true;
                break;
            case T_YIELD:
            case T_YIELD_FROM:
                $this->isGenerator = true;
                break;
            case T_STATIC:
                $this->static($tokens, $i);
                break;
            case T_DOUBLE_COLON:
                $this->member($tokens, $i);
                break;
            case T_STRING:
            case T_NAME_FULLY_QUALIFIED:
                $this->name($token->text);
                break;
            default:
                $runsCode = in_array($token->id, self::RUNS_CODE, true);
                $this->mayUseThis = $this->mayUseThis || $runsCode;
                $this->asksForClass = $this->asksForClass || $runsCode;
        }
    }

    private function variable(string $name): void
    {
        if ($name === 'this') {
            $this->hasThis = $this->mayUseThis = true;
        } else {
            $this->variables[$name] = true;
        }
    }

    /**
     * What names a variable, in braces.
     *
     * @param list<PhpToken> $tokens
     * @param int $i behind the opening brace
     */
    private function expression(array $tokens, int $i): void
    {
        $token = $tokens[$i] ?? null;
        $isAlone = ($tokens[$i + 1]->text ?? '') === '}';
        if ($isAlone && $token->id === T_CONSTANT_ENCAPSED_STRING && !str_contains($token->text, '\\')) {
            $this->variable(substr($token->text, 1, -1));
        } elseif (!$isAlone || !$token->is([T_VARIABLE, T_STRING_VARNAME])) {
            $this->computesNames = true;
        }
    }

    /** Of a function, maybe. */
    private function name(string $name): void
    {
        $this->asksForClass = $this->asksForClass || in_array(strtolower(ltrim($name, '\\')), self::FUNCTIONS_OF_CLASS, true);
    }

    /** compact('this'), 'parent::build' and ['parent', 'build'] as callables. */
    private function string(string $text, bool $isFollowed): void
    {
        [$class, $method] = explode('::', strtolower($text), 2) + [1 => null];
        $isCallable = in_array($class, ['self', 'parent', 'static'], true) && ($method !== null || $isFollowed);
        if ($text === 'this' || $isCallable) {
            $this->mayUseThis = true;
            $this->asksForClass = $this->asksForClass || $isCallable;
        }
        $this->name($text);
    }

    /** @param list<PhpToken> $tokens */
    private function static(array $tokens, int $i): void
    {
        $name = '';
        if ($tokens[$i + 1]->is([T_FN, T_FUNCTION])) {
            return; // a closure within
        }
        if ($tokens[$i + 1]->id !== T_VARIABLE) {
            $this->asksForClass = true;
            return;
        }
        $start = $tokens[$i]->pos;
        $variables = [];
        for ($depth = 0, $i++; isset($tokens[$i]) && ($depth > 0 || $tokens[$i]->text !== ';'); $i++) {
            if ($depth === 0 && $tokens[$i]->id === T_VARIABLE && in_array($tokens[$i - 1]->text, ['static', ','], true)) {
                $name = substr($tokens[$i]->text, 1);
                $variables[$name] = [$tokens[$i]->pos, 0];
            }
            if ($depth > 0 || $tokens[$i]->text !== ',') {
                $variables[$name][1] = $tokens[$i]->pos + strlen($tokens[$i]->text);
            }
            $depth += SourceParser::turn($tokens[$i]);
        }
        $this->statics[] = [$start, ($tokens[$i]->pos ?? $start) + 1, $variables];
    }

    /** @return list<string> */
    public function namesOfStatics(): array
    {
        $names = [];
        foreach ($this->statics as [, , $variables]) {
            $names = [...$names, ...array_keys($variables)];
        }
        return $names;
    }

    /** @param list<PhpToken> $tokens */
    private function member(array $tokens, int $i): void
    {
        $class = $tokens[$i - 1];
        $isCallable = self::isCallable($tokens, $i);
        if (!in_array($class->id, self::NAMES, true) || !$isCallable && ($tokens[$i + 2]->text ?? '') !== '(') {
            return;
        }
        $this->asksForClass = $this->asksForClass || in_array(strtolower($class->text), ['self', 'parent'], true);
        $method = $isCallable ? substr($tokens[$i + 3]->text, 1, -1) : $tokens[$i + 1]->text;
        $this->calls[] = [$class->text, $isCallable || $tokens[$i + 1]->id === T_STRING ? $method : '', $isCallable];
    }

    /**
     * Whether it is [X::class, 'build'], which runs a method of `$this` where it can.
     *
     * @param list<PhpToken> $tokens
     * @param int $i of the colons
     */
    private static function isCallable(array $tokens, int $i): bool
    {
        if (($tokens[$i + 1]->id ?? 0) !== T_CLASS || !isset($tokens[$i - 2], $tokens[$i + 4])) {
            return false;
        }
        return in_array($tokens[$i - 2]->text, ['[', '('], true)
            && $tokens[$i + 2]->text === ','
            && $tokens[$i + 3]->id === T_CONSTANT_ENCAPSED_STRING
            && in_array($tokens[$i + 4]->text, [']', ')'], true);
    }
}
