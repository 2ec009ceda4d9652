<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class LastErrors implements Guard
{
    public const WHAT = 'Last errors';
    public const HOW = '`error_get_last()`, `json_last_error()`, `preg_last_error()`, `libxml_get_errors()`, `openssl_error_string()`, '
        . '`socket_last_error()` tell of the present task only';

    private readonly bool $hasXml;
    private readonly bool $hasOpenSsl;
    private readonly bool $hasSockets;

    public function __construct()
    {
        $this->hasXml = extension_loaded('libxml');
        $this->hasOpenSsl = function_exists('openssl_error_string');
        $this->hasSockets = function_exists('socket_clear_error');
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        \error_clear_last();
        if (\json_last_error() !== JSON_ERROR_NONE) {
            json_encode(null);
        }
        if (\preg_last_error() !== PREG_NO_ERROR) {
            preg_match('//', '');
        }
        if ($this->hasXml) {
            \libxml_clear_errors();
        }
        if ($this->hasSockets) {
            \socket_clear_error();
        }
        while ($this->hasOpenSsl && \openssl_error_string() !== false) {
            continue;
        }
        return true;
    }
}
