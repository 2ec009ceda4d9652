<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;

/**
 * The namespaces of a file, and what each imports.
 *
 * @internal
 */
final class Imports
{
    /** @var list<array{int, string}> the line where a namespace begins, and the code that opens a file like it */
    private array $headers = [[0, '']];

    /** How many braces are open around the code of the current namespace. */
    private int $base = 0;

    /** @param list<PhpToken> $tokens of a file */
    public function __construct(array $tokens)
    {
        $tokens = array_values(array_filter($tokens, static fn(PhpToken $token): bool => !$token->isIgnorable()));
        $depth = 0;
        foreach ($tokens as $i => $token) {
            if ($token->id === T_NAMESPACE) {
                $this->begin($tokens, $i);
            } elseif ($token->id === T_USE && $depth === $this->base && $tokens[$i + 1]->text !== '(') {
                $this->headers[array_key_last($this->headers)][1] .= self::statement($tokens, $i) . "\n";
            }
            $depth += match (true) {
                $token->text === '{', $token->id === T_CURLY_OPEN, $token->id === T_DOLLAR_OPEN_CURLY_BRACES => 1,
                default => $token->text === '}' ? -1 : 0,
            };
        }
    }

    /** The namespace and the imports that hold in a line, as code. */
    public function at(int $line): string
    {
        $code = '';
        foreach ($this->headers as [$start, $header]) {
            $code = $start <= $line ? $header : $code;
        }
        return rtrim($code);
    }

    /** @param list<PhpToken> $tokens */
    private function begin(array $tokens, int $i): void
    {
        $name = $tokens[$i + 1]->is([T_STRING, T_NAME_QUALIFIED]) ? $tokens[$i + 1]->text : '';
        $end = $tokens[$i + ($name === '' ? 1 : 2)]->text;
        $this->base = $end === '{' ? 1 : 0;
        $this->headers[] = [$tokens[$i]->line, $name === '' ? '' : "namespace $name;\n"];
    }

    /** @param list<PhpToken> $tokens */
    private static function statement(array $tokens, int $i): string
    {
        $code = '';
        do {
            $code .= $tokens[$i]->text . ' ';
        } while ($tokens[$i++]->text !== ';' && isset($tokens[$i]));
        return $code;
    }
}
