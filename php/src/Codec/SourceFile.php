<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;

/**
 * A file of PHP code, and the closures that are written in it. Reflection tells the lines of a closure, but not which
 * of those that begin in a line it is.
 *
 * @internal
 */
final class SourceFile
{
    /** How many files are remembered. */
    private const MAX_FILES = 64;

    /** @var array<string, self> by name */
    private static array $files = [];

    /** @var array<int, list<WrittenClosure>> by the line where their `function` or `fn` is */
    private array $closures = [];

    private readonly Imports $imports;

    /** @var list<PhpToken> */
    private array $tokens;

    private function __construct(string $code)
    {
        $this->tokens = PhpToken::tokenize($code);
        foreach ($this->tokens as $i => $token) {
            if (($token->id === T_FN || $token->id === T_FUNCTION) && $this->isClosure($i)) {
                $this->closures[$token->line][] = $this->closureAt($i);
            }
        }
        $this->imports = new Imports($this->tokens);
        $this->tokens = [];
    }

    /**
     * @param string $name as reflection gives it; a rebuilt closure's is its code, behind a scheme
     * @return ?self null when the file can't be read
     */
    public static function named(string $name): ?self
    {
        if (isset(self::$files[$name])) {
            return self::$files[$name];
        }
        $code = is_file($name) || str_contains($name, '://') ? @file_get_contents($name) : false;
        if ($code === false) {
            return null;
        }
        if (count(self::$files) >= self::MAX_FILES) {
            self::$files = [];
        }
        return self::$files[$name] = new self($code);
    }

    /** @return list<WrittenClosure> those that begin in the line */
    public function closuresIn(int $line): array
    {
        return $this->closures[$line] ?? [];
    }

    /** The namespace and the imports that hold in a line, as code. */
    public function importsAt(int $line): string
    {
        return $this->imports->at($line);
    }

    /** Not a function with a name, nor the name of something else. */
    private function isClosure(int $i): bool
    {
        $before = $i - 1;
        while ($this->isBlank($before)) {
            $before--;
        }
        if (($this->tokens[$before]->id ?? null) === T_DOUBLE_COLON) {
            return false;
        }
        for ($i++; $this->isBlank($i) || ($this->tokens[$i]->text ?? '') === '&'; $i++) {
            continue;
        }
        return ($this->tokens[$i]->text ?? '') === '(';
    }

    private function closureAt(int $keyword): WrittenClosure
    {
        $isArrow = $this->tokens[$keyword]->id === T_FN;
        $start = $this->startOf($keyword);
        $open = $this->next($keyword, '(');
        $close = $this->closing($open);
        $body = $this->next($close, $isArrow ? '=>' : '{');
        $end = $isArrow ? $this->endOfExpression($body + 1) : $this->closing($body);
        $head = array_slice($this->tokens, $close + 1, $body - $close - 1);
        $following = $end + 1;
        while ($this->isBlank($following)) {
            $following++;
        }
        return new WrittenClosure(
            array_slice($this->tokens, $start, $end - $start + 1),
            $isArrow,
            $start !== $keyword,
            in_array(':', array_column($head, 'text'), true),
            self::variables($this->parameters($open, $close)),
            self::variables($head),
            self::variables(array_slice($this->tokens, $body, $end - $body + 1)),
            $this->lastLineOf($end),
            $this->tokens[$following]->line ?? $this->lastLineOf($end),
        );
    }

    /** Where `static` is, if it is; attributes do not matter. */
    private function startOf(int $keyword): int
    {
        for ($i = $keyword - 1; $this->isBlank($i); $i--) {
            continue;
        }
        return ($this->tokens[$i]->id ?? null) === T_STATIC ? $i : $keyword;
    }

    /** @return list<PhpToken> those between the parentheses that are not within a default value or an attribute */
    private function parameters(int $open, int $close): array
    {
        $tokens = [];
        for ($i = $open + 1; $i < $close; $i++) {
            if (in_array($this->tokens[$i]->text, ['(', '[', '{'], true) || $this->tokens[$i]->id === T_ATTRIBUTE) {
                $i = $this->closing($i);
                continue;
            }
            $tokens[] = $this->tokens[$i];
        }
        return $tokens;
    }

    private function isBlank(int $i): bool
    {
        return isset($this->tokens[$i]) && $this->tokens[$i]->isIgnorable();
    }

    /** The next token of this text, which no brackets hide. */
    private function next(int $i, string $text): int
    {
        for ($i++; isset($this->tokens[$i]); $i++) {
            if ($this->tokens[$i]->text === $text) {
                return $i;
            }
            if ($this->tokens[$i]->text === '(') {
                $i = $this->closing($i);
            }
        }
        return count($this->tokens) - 1;
    }

    private function closing(int $open): int
    {
        for ($i = $open, $depth = 0, $n = count($this->tokens); $i < $n; $i++) {
            $depth += self::turn($this->tokens[$i]);
            if ($depth === 0) {
                return $i;
            }
        }
        return $n - 1;
    }

    private function endOfExpression(int $i): int
    {
        for ($depth = 0, $n = count($this->tokens); $i < $n; $i++) {
            $token = $this->tokens[$i];
            $depth += self::turn($token);
            $isEnd = $depth === 0 && (in_array($token->text, [',', ';'], true) || $token->id === T_CLOSE_TAG);
            if ($depth < 0 || $isEnd) {
                break;
            }
        }
        for ($i--; $this->isBlank($i); $i--) {
            continue;
        }
        return $i;
    }

    /** By how much a token deepens the nesting. */
    public static function turn(PhpToken $token): int
    {
        return match (true) {
            $token->id === T_ATTRIBUTE, $token->id === T_CURLY_OPEN, $token->id === T_DOLLAR_OPEN_CURLY_BRACES => 1,
            $token->text === '(', $token->text === '[', $token->text === '{' => 1,
            default => in_array($token->text, [')', ']', '}'], true) ? -1 : 0,
        };
    }

    private function lastLineOf(int $i): int
    {
        return $this->tokens[$i]->line + substr_count($this->tokens[$i]->text, "\n");
    }

    /**
     * @param list<PhpToken> $tokens
     * @return list<string> names, without the dollar
     */
    private static function variables(array $tokens): array
    {
        $names = [];
        foreach ($tokens as $token) {
            if ($token->id === T_VARIABLE) {
                $names[] = substr($token->text, 1);
            }
        }
        return $names;
    }
}
