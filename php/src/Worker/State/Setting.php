<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

/**
 * The settings of PHP that a script may change, and their values: those of PHP itself, of which it is known which
 * functions change them, and those of extensions that come from elsewhere.
 */
final class Setting
{
    /** In lower case. */
    private const EXTENSIONS_OF_PHP = [
        'bcmath', 'bz2', 'calendar', 'core', 'ctype', 'curl', 'date', 'dba', 'dl_test', 'dom', 'enchant', 'exif', 'ffi',
        'fileinfo', 'filter', 'ftp', 'gd', 'gettext', 'gmp', 'hash', 'iconv', 'imap', 'intl', 'json', 'ldap', 'lexbor',
        'libxml', 'mbstring', 'mysqli', 'mysqlnd', 'oci8', 'odbc', 'openssl', 'pcntl', 'pcre', 'pdo', 'pdo_dblib',
        'pdo_firebird', 'pdo_mysql', 'pdo_oci', 'pdo_odbc', 'pdo_pgsql', 'pdo_sqlite', 'pgsql', 'phar', 'posix',
        'pspell', 'random', 'readline', 'reflection', 'session', 'shmop', 'simplexml', 'snmp', 'soap', 'sockets',
        'sodium', 'spl', 'sqlite3', 'standard', 'sysvmsg', 'sysvsem', 'sysvshm', 'tidy', 'tokenizer', 'uri', 'xml',
        'xmlreader', 'xmlwriter', 'xsl', 'zend opcache', 'zend_test', 'zip', 'zlib',
    ];

    private function __construct()
    {
    }

    /** @return array<string, string> */
    public static function ofPhp(): array
    {
        $all = ini_get_all() ?: [];
        return array_diff_key(self::changeable($all), self::ofOtherExtensions());
    }

    /** @return array<string, string> */
    public static function ofOtherExtensions(): array
    {
        $settings = [];
        foreach (array_diff(array_map(strtolower(...), get_loaded_extensions()), self::EXTENSIONS_OF_PHP) as $extension) {
            $all = @ini_get_all($extension) ?: [];
            $settings += self::changeable($all);
        }
        return $settings;
    }

    /**
     * Puts back those that were changed.
     *
     * @param array<string, string> $settings
     * @return bool false when PHP refuses one
     */
    public static function restore(array $settings): bool
    {
        $isRestored = true;
        foreach ($settings as $name => $value) {
            if (\ini_get($name) !== $value && !self::put($name, $value)) {
                $isRestored = false;
            }
        }
        return $isRestored;
    }

    /** A setting that had no value has none again, which is not the same as an empty one. */
    private static function put(string $name, string $value): bool
    {
        ini_restore($name);
        if (ini_get($name) !== $value) {
            @ini_set($name, $value);
        }
        return ini_get($name) === $value;
    }

    /**
     * @param array<string, array{access: int}> $settings
     * @return array<string, string>
     */
    private static function changeable(array $settings): array
    {
        $values = [];
        foreach ($settings as $name => $setting) {
            $value = ini_get($name);
            if (($setting['access'] & INI_USER) !== 0 && is_string($value)) {
                $values[$name] = $value;
            }
        }
        return $values;
    }
}
