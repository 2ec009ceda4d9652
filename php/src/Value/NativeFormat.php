<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

/**
 * What PHP's own `serialize()` writes.
 *
 * @internal
 */
final class NativeFormat
{
    /** Settings of serialize_precision with which floats keep all of their bits. */
    private const EXACT = ['-1' => true, '17' => true];

    private const CLASS_NAME = '/[OCE]:\d+:"([^":]++)/';

    /** `serialize()`, with all digits of floats whatever is set. */
    public static function write(mixed $value): string
    {
        $precision = (string) \ini_get('serialize_precision');
        if (isset(self::EXACT[$precision])) {
            return \serialize($value);
        }
        \ini_set('serialize_precision', '-1');
        try {
            return \serialize($value);
        } finally {
            \ini_set('serialize_precision', $precision);
        }
    }

    /**
     * Whether something may have been lost in it: what was a resource is the number 0, and of some classes only the
     * name is left. A text that looks like those is suspicious, too.
     */
    public static function isSuspicious(string $blob): bool
    {
        if (\str_contains($blob, ';i:0;')) {
            return true;
        }
        \preg_match_all(self::CLASS_NAME, $blob, $matches);
        foreach (\array_flip($matches[1]) as $class => $_) {
            if (ClassRules::refuses((string) $class)) {
                return true;
            }
        }
        return false;
    }

    /**
     * The classes of all objects and enum cases in it.
     *
     * @return list<string>
     * @throws \UnexpectedValueException when it is damaged
     */
    public static function classesIn(string $blob): array
    {
        $classes = [];
        $length = \strlen($blob);
        for ($at = 0; $at < $length;) {
            if (\preg_match('/\G(?:N;|[bidRr]:[^;]*+;|a:\d++:\{|\})++/', $blob, $run, 0, $at) === 1) {
                $at += \strlen($run[0]);
            } elseif (\preg_match('/\G([sOCE]):(\d++):"/', $blob, $head, 0, $at) === 1) {
                $start = $at + \strlen($head[0]);
                $text = \substr($blob, $start, (int) $head[2]);
                $at = $start + (int) $head[2];
                if ($head[1] !== 's') {
                    $classes[$head[1] === 'E' ? \explode(':', $text)[0] : $text] = true;
                }
                $at = self::behindHead($blob, $at, $head[1]);
            } else {
                throw new \UnexpectedValueException("the value is damaged at byte $at");
            }
        }
        return \array_map(\strval(...), \array_keys($classes));
    }

    /** Behind what follows the text of a string, the name of a class, or of an enum case. */
    private static function behindHead(string $blob, int $at, string $kind): int
    {
        $tail = match ($kind) {
            'O' => '/\G":\d++:\{/',
            'C' => '/\G":(\d++):\{/',
            default => '/\G";/',
        };
        if (\preg_match($tail, $blob, $match, 0, $at) !== 1) {
            throw new \UnexpectedValueException("the value is damaged at byte $at");
        }
        return $at + \strlen($match[0]) + (int) ($match[1] ?? 0);
    }
}
