<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class SystemLocale implements Guard
{
    public const WHAT = 'Locale';
    public const HOW = '`setlocale()`, each category';

    private readonly string|false $locale;

    public function __construct()
    {
        $this->locale = setlocale(LC_ALL, '0');
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        return $this->locale === false || setlocale(LC_ALL, '0') === $this->locale
            || setlocale(LC_ALL, $this->locale) !== false;
    }
}
