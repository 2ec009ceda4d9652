<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;

/**
 * Tells whether code means something else outside of its namespace.
 *
 * @internal
 */
final class NamespaceUse
{
    /** What is before names that are no class, function or constant of their own. */
    private const MEMBER_OF = [T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION, T_CONST, T_GOTO];

    /** Words that are names to the tokenizer. */
    private const WORDS = [
        'true', 'false', 'null', 'self', 'parent', 'int', 'float', 'string', 'bool', 'mixed', 'void', 'never', 'object',
        'iterable',
    ];

    private function __construct()
    {
    }

    /** The first name in the code that does; null when none does. */
    public static function in(ClosureCode $code): ?string
    {
        if (preg_match('/^namespace ([^;]+);(.*)$/D', $code->header, $header) !== 1) {
            return null;
        }
        $tokens = array_values(array_filter(
            PhpToken::tokenize("<?php $code->text"),
            static fn(PhpToken $token): bool => !$token->isIgnorable(),
        ));
        foreach ($tokens as $i => $token) {
            $before = $tokens[$i - 1] ?? $token;
            $next = $tokens[$i + 1]->text ?? '';
            $depends = match ($token->id) {
                T_NS_C, T_NAME_RELATIVE => true,
                T_NAME_QUALIFIED => !self::isImported(strstr($token->text, '\\', true), $header[2]),
                T_STRING => !$before->is(self::MEMBER_OF) && !self::isImported($token->text, $header[2])
                    && self::isOwn($token->text, $header[1], $before, $next),
                default => false,
            };
            if ($depends) {
                return $token->text;
            }
        }
        return null;
    }

    private static function isImported(string $word, string $imports): bool
    {
        return preg_match('/[\\\\ ]' . preg_quote($word, '/') . ';/i', $imports) === 1;
    }

    private static function isOwn(string $word, string $namespace, PhpToken $before, string $next): bool
    {
        return match (true) {
            $next === '(' && !$before->is(T_NEW) => function_exists("$namespace\\$word") || !function_exists($word),
            $next === ':' || in_array(strtolower($word), self::WORDS, true) => false, // the name of an argument, a label
            default => $next === '::' || !defined($word) || defined("$namespace\\$word"),
        };
    }
}
