<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use Closure;
use PhpToken;

/**
 * The array that is written out as the first argument of a call, `$client->all(['a' => fn() => 1, 'b' => fn() => 2])`.
 * Which closure is which, its keys tell, even where the closures begin in one line.
 *
 * @internal
 */
final class CallSite
{
    /** @var list<PhpToken> without white space and comments */
    private readonly array $tokens;

    private function __construct(string $code)
    {
        $tokens = PhpToken::tokenize($code);
        $this->tokens = array_values(array_filter($tokens, static fn(PhpToken $t): bool => !$t->isIgnorable()));
    }

    /**
     * What is written in the call of a method that is running now.
     *
     * @param string $method its name, which its caller has to have written too
     * @return Closure(array-key): ?string the code of the entry of a key, as {@see textOf()}; null if it can't be told
     */
    public static function arrayPassedTo(string $method): Closure
    {
        $call = self::callOf($method);
        $entries = null;
        return static function (int|string $key) use ($call, $method, &$entries): ?string {
            $entries ??= self::entriesOf($call, $method);
            return $entries[$key] ?? null;
        };
    }

    /** @return array{class?: string, file?: string, line?: int} the frame of the call */
    private static function callOf(string $method): array
    {
        $call = null;
        foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS) as $frame) {
            if ($call === null ? $frame['function'] === $method : self::isRelay($frame)) {
                $call = $frame;
            } elseif ($call !== null) {
                break;
            }
        }
        return $call ?? [];
    }

    /**
     * @param array{class?: string, file?: string, line?: int} $call
     * @return array<array-key, string>
     */
    private static function entriesOf(array $call, string $method): array
    {
        if (!isset($call['class'], $call['file'], $call['line'])) {
            return [];
        }
        $code = is_file($call['file']) ? file_get_contents($call['file']) : false;
        return $code === false ? [] : (new self($code))->entries($method, $call['line']);
    }

    /**
     * Whether it is one of Laravel's, a facade or a manager, which passes on what it was called with.
     *
     * @param array{function: string, class?: string} $frame
     */
    private static function isRelay(array $frame): bool
    {
        return in_array($frame['function'], ['__call', '__callStatic'], true)
            && str_starts_with($frame['class'] ?? '', 'Illuminate\\');
    }

    /** @return array<array-key, string> none unless the line has one such call, with an array that is plain to read */
    private function entries(string $method, int $line): array
    {
        $calls = [];
        foreach ($this->tokens as $i => $token) {
            if ($token->line === $line && $token->text === $method && $this->text($i + 1) === '(') {
                $calls[] = $i + ($this->text($i + 3) === ':' ? 4 : 2); // its name, maybe
            }
        }
        $isPlain = count($calls) === 1 && $this->text($calls[0]) === '[';
        return $isPlain ? $this->elements($calls[0] + 1) : [];
    }

    /** @return array<array-key, string> */
    private function elements(int $i): array
    {
        $elements = [];
        while ($this->text($i) !== ']' && isset($this->tokens[$i])) {
            $end = $this->endOf($i);
            $key = null;
            if ($this->text($i + 1) === '=>') {
                $key = self::literal($this->tokens[$i]);
                if ($key === null) {
                    return [];
                }
                $i += 2;
            } elseif (!$this->isValue($i, $end)) {
                return [];
            }
            $code = self::textOf(array_slice($this->tokens, $i, $end - $i));
            $key === null ? $elements[] = $code : $elements[$key] = $code;
            $i = $end + ($this->text($end) === ',' ? 1 : 0);
        }
        return $elements;
    }

    /** Whether an element is a value without a key, and not a list that is unpacked. */
    private function isValue(int $i, int $end): bool
    {
        $tokens = array_slice($this->tokens, $i, $end - $i);
        return in_array($tokens[0]->id, [T_FN, T_FUNCTION, T_STATIC], true)
            || !in_array($tokens[0]->id, [T_ELLIPSIS, T_ATTRIBUTE], true)
            && !in_array('=>', array_column($tokens, 'text'), true);
    }

    /** Behind the last token of an element. */
    private function endOf(int $i): int
    {
        for ($depth = 0; isset($this->tokens[$i]); $i++) {
            $turn = SourceFile::turn($this->tokens[$i]);
            if ($depth === 0 && ($turn < 0 || $this->text($i) === ',')) {
                break;
            }
            $depth += $turn;
        }
        return $i;
    }

    /** The value of a key that is written as it is. */
    private static function literal(PhpToken $token): int|string|null
    {
        if ($token->id === T_LNUMBER && ctype_digit($token->text)) {
            return (int) $token->text;
        }
        $isPlain = $token->id === T_CONSTANT_ENCAPSED_STRING && !str_contains($token->text, '\\');
        return $isPlain ? substr($token->text, 1, -1) : null;
    }

    private function text(int $i): string
    {
        return $this->tokens[$i]->text ?? '';
    }

    /**
     * @internal code to compare: without white space and comments
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
}
