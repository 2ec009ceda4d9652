<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class IniSettings implements NamedCallGuard
{
    public const WHAT = 'Settings of PHP';
    public const HOW = '`ini_set()` and all functions that change a setting, such as `error_reporting()`, `set_time_limit()`, '
        . '`set_include_path()`, `gc_disable()`, `Locale::setDefault()`, `assert_options()`, `bcscale()`. Where PHP refuses to take one '
        . 'back the worker is replaced';
    public const FUNCTIONS = [
        'ini_set', 'ini_alter', 'ini_restore', 'error_reporting', 'set_time_limit', 'set_include_path', 'ignore_user_abort',
        'gc_enable', 'gc_disable', 'assert_options', 'setdefault', 'locale_set_default', 'iconv_set_encoding', 'mb_language',
        'bcscale', 'ob_gzhandler', 'use_soap_error_handler', 'session_start', 'session_name', 'session_save_path',
        'session_module_name', 'session_cache_limiter', 'session_cache_expire', 'session_set_cookie_params',
        'session_set_save_handler',
    ];

    /** @var array<string, string> */
    private readonly array $settings;

    public function __construct()
    {
        $this->settings = Setting::ofPhp();
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        return Setting::restore($this->settings);
    }
}
