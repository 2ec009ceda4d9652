<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;
use ReflectionFunction;
use ReflectionParameter;

/**
 * The parameters of a closure as they are written.
 *
 * @internal
 */
final class ParameterList
{
    private const MODIFIERS = [T_ELLIPSIS, T_AMPERSAND_FOLLOWED_BY_VAR_OR_VARARG];

    /** @param list<array{name: string, type: list<PhpToken>, marks: string, default: list<PhpToken>}> $parameters */
    private function __construct(private readonly array $parameters)
    {
    }

    /** @param list<PhpToken> $tokens between the parentheses, without white space and comments */
    public static function of(array $tokens): self
    {
        $parameters = $parts = [];
        $depth = 0;
        $skipped = 0; // within attributes
        foreach ($tokens as $token) {
            $depth += SourceParser::turn($token);
            if ($token->id === T_ATTRIBUTE && $skipped === 0) {
                $skipped = $depth;
            }
            if ($skipped === 0 && $depth === 0 && $token->text === ',') {
                $parameters[] = self::parameter($parts);
                $parts = [];
            } elseif ($skipped === 0) {
                $parts[] = $token;
            }
            $skipped = $depth < $skipped ? 0 : $skipped;
        }
        if ($parts !== []) {
            $parameters[] = self::parameter($parts);
        }
        return new self($parameters);
    }

    /**
     * @param list<PhpToken> $tokens
     * @return array{name: string, type: list<PhpToken>, marks: string, default: list<PhpToken>}
     */
    private static function parameter(array $tokens): array
    {
        $parameter = ['name' => '', 'type' => [], 'marks' => '', 'default' => []];
        foreach ($tokens as $i => $token) {
            if ($token->id === T_VARIABLE) {
                $parameter['name'] = substr($token->text, 1);
                $parameter['default'] = array_slice($tokens, $i + 2);
                break;
            }
            if (in_array($token->id, self::MODIFIERS, true)) {
                $parameter['marks'] .= $token->text;
            } else {
                $parameter['type'][] = $token;
            }
        }
        return $parameter;
    }

    /** @return array<string, true> */
    public function names(): array
    {
        return array_fill_keys(array_column($this->parameters, 'name'), true);
    }

    /** Whether all that reflection tells of parameters fits these. */
    public function fits(ReflectionFunction $function, Imports $imports): bool
    {
        $parameters = $function->getParameters();
        if (count($parameters) !== count($this->parameters)) {
            return false;
        }
        foreach ($parameters as $i => $parameter) {
            if (!$this->isSame($this->parameters[$i], $parameter, $imports)) {
                return false;
            }
        }
        return true;
    }

    /** @param array{name: string, type: list<PhpToken>, marks: string, default: list<PhpToken>} $written */
    private function isSame(array $written, ReflectionParameter $loaded, Imports $imports): bool
    {
        $marks = ($loaded->isPassedByReference() ? '&' : '') . ($loaded->isVariadic() ? '...' : '');
        $isNullImplied = strcasecmp(ltrim(implode('', array_column($written['default'], 'text')), '\\'), 'null') === 0;
        return $written['name'] === $loaded->getName()
            && $written['marks'] === $marks
            && WrittenType::couldBe($written['type'], $loaded->getType(), $imports, $isNullImplied)
            && $this->isSameDefault($written['default'], $loaded);
    }

    /** Whether one that is required follows: PHP forgets a default value then. */
    private function isRequiredBehind(int $position): bool
    {
        foreach (array_slice($this->parameters, $position + 1) as $parameter) {
            if ($parameter['default'] === [] && !str_contains($parameter['marks'], '...')) {
                return true;
            }
        }
        return false;
    }

    /** @param list<PhpToken> $written */
    private function isSameDefault(array $written, ReflectionParameter $loaded): bool
    {
        if ($written === [] || !$loaded->isDefaultValueAvailable()) {
            return $written === [] ? !$loaded->isDefaultValueAvailable() : $this->isRequiredBehind($loaded->getPosition());
        }
        if (count($written) !== 1) {
            return true; // an expression
        }
        $text = $written[0]->text;
        return match ($written[0]->id) {
            T_LNUMBER => !ctype_digit($text) || $text[0] === '0' || $loaded->getDefaultValue() === (int) $text,
            T_CONSTANT_ENCAPSED_STRING => str_contains($text, '\\') || $loaded->getDefaultValue() === substr($text, 1, -1),
            default => true,
        };
    }
}
