<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * State that extensions of PHP keep outside of the ini settings, as it was before the first task: encodings of
 * mbstring, errors that libxml collected and what it loads entities with, HTTP headers, an open session.
 */
final class LibraryGuard
{
    private readonly bool $hasStrings;
    private readonly bool $hasXml;
    private readonly bool $hasSession;
    /** @var list<mixed> */
    private readonly array $strings;
    private readonly bool $collectsXmlErrors;
    private readonly mixed $xmlLoader;

    public function __construct()
    {
        $this->hasStrings = extension_loaded('mbstring');
        $this->hasXml = extension_loaded('libxml');
        $this->hasSession = extension_loaded('session');
        $this->strings = $this->hasStrings ? self::strings() : [];
        $this->collectsXmlErrors = $this->hasXml && libxml_use_internal_errors();
        $this->xmlLoader = $this->hasXml ? libxml_get_external_entity_loader() : null;
    }

    public function restore(): void
    {
        if ($this->hasStrings && self::strings() !== $this->strings) {
            [$internal, $substitute, $order, $output] = $this->strings;
            mb_internal_encoding($internal);
            mb_substitute_character($substitute);
            mb_detect_order($order);
            mb_http_output($output);
            if (isset($this->strings[4])) {
                mb_regex_encoding($this->strings[4]);
            }
        }
        if ($this->hasXml) {
            libxml_use_internal_errors($this->collectsXmlErrors);
            libxml_clear_errors();
            if (libxml_get_external_entity_loader() !== $this->xmlLoader) {
                libxml_set_external_entity_loader($this->xmlLoader);
            }
        }
        if (!headers_sent()) {
            header_remove();
        }
        if ($this->hasSession && session_status() === PHP_SESSION_ACTIVE) {
            session_write_close();
        }
    }

    /** @return list<mixed> */
    private static function strings(): array
    {
        $encodings = [mb_internal_encoding(), mb_substitute_character(), mb_detect_order(), mb_http_output()];
        if (function_exists('mb_regex_encoding')) {
            $encodings[] = mb_regex_encoding();
        }
        return $encodings;
    }
}
