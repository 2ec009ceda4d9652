<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class TextEncodings implements Guard
{
    public const WHAT = 'Encodings of mbstring';
    public const HOW = '`mb_internal_encoding()`, `mb_substitute_character()`, `mb_detect_order()`, `mb_http_output()`, '
        . '`mb_language()`, `mb_regex_encoding()`, `mb_regex_set_options()`, `mb_ereg_search_init()`';

    private readonly bool $hasRegex;

    /** @var array{string, string|int, list<string>, string, string} */
    private readonly array $encodings;

    private readonly string $regexEncoding;

    private readonly string $regexOptions;

    public function __construct()
    {
        $this->hasRegex = function_exists('mb_regex_encoding');
        $this->encodings = self::now();
        $this->regexEncoding = $this->hasRegex ? (string) mb_regex_encoding() : '';
        $this->regexOptions = $this->hasRegex ? mb_regex_set_options() : '';
    }

    public static function isNeeded(): bool
    {
        return extension_loaded('mbstring');
    }

    public function restore(): bool
    {
        if (self::now() !== $this->encodings) {
            [$internal, $substitute, $order, $output, $language] = $this->encodings;
            mb_language($language); // changes some of the others
            mb_internal_encoding($internal);
            mb_substitute_character($substitute);
            mb_detect_order($order);
            mb_http_output($output);
        }
        if ($this->hasRegex) {
            if (\mb_regex_encoding() !== $this->regexEncoding) {
                mb_regex_encoding($this->regexEncoding);
            }
            if (\mb_regex_set_options() !== $this->regexOptions) {
                mb_regex_set_options($this->regexOptions);
            }
            \mb_ereg_search_init('');
        }
        return true;
    }

    /** @return array{string, string|int, list<string>, string, string} */
    private static function now(): array
    {
        return [
            \mb_internal_encoding(), \mb_substitute_character(), \mb_detect_order(), \mb_http_output(), \mb_language(),
        ];
    }
}
