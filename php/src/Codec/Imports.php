<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;

/**
 * The namespace of a section of a file, and what is imported there.
 *
 * @internal
 */
final class Imports
{
    /** @var list<array{string, string, bool}> statements, the lower-case name by which the code knows what each imports, and whether that is another one */
    private array $imports = [];

    /** @param string $namespace empty for the global one */
    public function __construct(public readonly string $namespace = '')
    {
    }

    /** What the names of classes and functions that are declared here begin with. */
    public function prefix(): string
    {
        return $this->namespace === '' ? '' : "$this->namespace\\";
    }

    /**
     * Reads a statement.
     *
     * @param list<PhpToken> $tokens between `use` and the semicolon, without white space and comments
     */
    public function add(array $tokens): void
    {
        $kind = self::kind($tokens, 0);
        $prefix = '';
        $entry = [];
        foreach ($kind === '' ? $tokens : array_slice($tokens, 1) as $token) {
            if ($token->text === '{') {
                $prefix = implode('', array_column($entry, 'text'));
                $entry = [];
            } elseif ($token->text === ',' || $token->text === '}') {
                $this->addOne($kind, $prefix, $entry);
                $entry = [];
            } else {
                $entry[] = $token;
            }
        }
        $this->addOne($kind, $prefix, $entry);
    }

    /** @param list<PhpToken> $tokens a name, and maybe `as` and an alias */
    private function addOne(string $kind, string $prefix, array $tokens): void
    {
        if ($tokens === []) {
            return;
        }
        $own = self::kind($tokens, 0); // within a group
        $tokens = $own === '' ? $tokens : array_slice($tokens, 1);
        $as = array_search(T_AS, array_column($tokens, 'id'), true);
        $parts = $as === false ? $tokens : array_slice($tokens, 0, $as);
        $name = $prefix . implode('', array_column($parts, 'text'));
        $alias = $as === false ? substr('\\' . $name, (int) strrpos('\\' . $name, '\\') + 1) : $tokens[$as + 1]->text;
        $isRenamed = !str_ends_with(strtolower("\\$name"), strtolower("\\$alias"));
        $this->imports[] = ["use $kind$own$name" . ($as === false ? '' : " as $alias") . ';', strtolower($alias), $isRenamed];
    }

    /** @param list<PhpToken> $tokens */
    private static function kind(array $tokens, int $i): string
    {
        return match ($tokens[$i]->id) {
            T_FUNCTION => 'function ',
            T_CONST => 'const ',
            default => '',
        };
    }

    /** Whether a name in lower case may be another one than that of what it means. */
    public function isRenamed(string $name): bool
    {
        foreach ($this->imports as [, $alias, $isRenamed]) {
            if ($isRenamed && $alias === $name) {
                return true;
            }
        }
        return false;
    }

    /** How many names have been imported so far. */
    public function count(): int
    {
        return count($this->imports);
    }

    /**
     * Code that opens a file in which the tokens mean what they mean here.
     *
     * @param array<string, true> $words all that may be the first part of a name there, in lower case
     * @param int $count of the names that are imported before the code: those that follow mean nothing in it
     */
    public function header(array $words, int $count): string
    {
        $code = $this->namespace === '' ? '' : "namespace $this->namespace;";
        foreach (array_slice($this->imports, 0, $count) as [$statement, $alias]) {
            $code .= isset($words[$alias]) ? ($code === '' ? '' : ' ') . $statement : '';
        }
        return $code;
    }

    /** All of it, one statement a line. */
    public function code(): string
    {
        $lines = $this->namespace === '' ? [] : ["namespace $this->namespace;"];
        return implode("\n", [...$lines, ...array_column($this->imports, 0)]);
    }
}
