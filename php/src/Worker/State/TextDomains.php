<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class TextDomains implements Guard
{
    public const WHAT = 'Text domains';
    public const HOW = '`textdomain()`, and `bindtextdomain()` and `bind_textdomain_codeset()` of the domains that were chosen by it';

    private readonly string $domain;

    /** @var array<string, array{string|false, string|false}> by domain, its directory and encoding */
    private array $domains;

    /** @var array{string|false, string|false} of a domain that nobody has bound */
    private readonly array $unbound;

    public function __construct()
    {
        $this->domain = textdomain(null);
        $this->domains = [$this->domain => self::bindings($this->domain)];
        $this->unbound = self::bindings('parallite-unbound');
    }

    public static function isNeeded(): bool
    {
        return extension_loaded('gettext');
    }

    public function restore(): bool
    {
        $domain = \textdomain(null);
        if ($domain !== $this->domain) {
            $this->domains[$domain] ??= $this->unbound;
            textdomain($this->domain);
        }
        foreach ($this->domains as $name => $bindings) {
            if (self::bindings((string) $name) !== $bindings) {
                self::bind((string) $name, ...$bindings);
            }
        }
        return true;
    }

    /** @return array{string|false, string|false} */
    private static function bindings(string $domain): array
    {
        return [\bindtextdomain($domain, null), \bind_textdomain_codeset($domain, null)];
    }

    private static function bind(string $domain, string|false $directory, string|false $encoding): void
    {
        if ($directory !== false) {
            bindtextdomain($domain, $directory);
        }
        if (bind_textdomain_codeset($domain, null) !== $encoding) {
            $codeset = $encoding === false ? 'UTF-8' : $encoding;
            bind_textdomain_codeset($domain, $codeset);
        }
    }
}
