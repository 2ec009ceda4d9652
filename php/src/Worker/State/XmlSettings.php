<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class XmlSettings implements Guard
{
    public const WHAT = 'Settings of libxml';
    public const HOW = '`libxml_use_internal_errors()`, `libxml_set_external_entity_loader()`, `libxml_set_streams_context()`';

    private readonly bool $collectsErrors;
    private readonly mixed $loader;

    public function __construct()
    {
        $this->collectsErrors = libxml_use_internal_errors();
        $this->loader = libxml_get_external_entity_loader();
    }

    public static function isNeeded(): bool
    {
        return extension_loaded('libxml');
    }

    public function restore(): bool
    {
        \libxml_use_internal_errors($this->collectsErrors);
        if (\libxml_get_external_entity_loader() !== $this->loader) {
            libxml_set_external_entity_loader($this->loader);
        }
        \libxml_set_streams_context(\stream_context_get_default()); // what it takes where none is set
        return true;
    }
}
