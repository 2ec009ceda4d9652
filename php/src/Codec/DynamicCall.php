<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;

/**
 * Finds calls that don't say what they call: `$method($task)`, `$client->{$method}($task)`, `[$client, 'run']($task)`,
 * `call_user_func($callable, $task)`. One beside a call that says it may be the one that runs.
 *
 * @internal
 */
final class DynamicCall
{
    private const FUNCTIONS = ['call_user_func', 'call_user_func_array'];

    private const MEMBER_OF = [T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION];

    private function __construct()
    {
    }

    /**
     * Whether the token begins the arguments of such a call; one without arguments hands nothing over, and is none.
     *
     * @param list<PhpToken> $tokens without white space and comments
     */
    public static function begins(array $tokens, int $i): bool
    {
        if ($tokens[$i]->text !== '(' || $i === 0 || ($tokens[$i + 1]->text ?? '') === ')') {
            return false;
        }
        $before = $tokens[$i - 1];
        return match ($before->id) {
            T_VARIABLE, T_CONSTANT_ENCAPSED_STRING => true,
            T_STRING, T_NAME_FULLY_QUALIFIED => self::isRelay($before->text) && !$tokens[max(0, $i - 2)]->is(self::MEMBER_OF),
            default => $before->text === ']' || $before->text === '}' || $before->text === ')' && self::isGroup($tokens, $i - 1),
        };
    }

    private static function isRelay(string $name): bool
    {
        return in_array(strtolower(ltrim($name, '\\')), self::FUNCTIONS, true);
    }

    /**
     * Whether the parentheses that end there are those of an expression, and not of a call, whose result is called then.
     *
     * @param list<PhpToken> $tokens
     */
    private static function isGroup(array $tokens, int $end): bool
    {
        for ($depth = 0, $i = $end; $i > 0; $i--) {
            $depth += SourceParser::turn($tokens[$i]);
            if ($depth === 0) {
                $before = $tokens[$i - 1];
                return !in_array($before->id, [T_STRING, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED, T_VARIABLE], true)
                    && !in_array($before->text, [')', ']', '}'], true);
            }
        }
        return true;
    }
}
