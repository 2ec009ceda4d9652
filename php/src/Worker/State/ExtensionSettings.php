<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class ExtensionSettings implements Guard
{
    public const WHAT = 'Settings of other extensions';
    public const HOW = 'the same for extensions that do not come with PHP';

    /** @var array<string, string> */
    private readonly array $settings;

    public function __construct()
    {
        $this->settings = Setting::ofOtherExtensions();
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
