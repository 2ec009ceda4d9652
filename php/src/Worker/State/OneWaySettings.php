<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

/**
 * Asked before the reply, other than the rest of the settings.
 */
final class OneWaySettings implements Guard
{
    public const WHAT = 'Settings that PHP changes one way only';
    public const HOW = '`open_basedir`, `opcache.enable`: the worker is replaced';

    private readonly string|false $openBasedir;

    private readonly string|false $opcache;

    public function __construct()
    {
        $this->openBasedir = ini_get('open_basedir');
        $this->opcache = ini_get('opcache.enable');
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        return \ini_get('open_basedir') === $this->openBasedir && \ini_get('opcache.enable') === $this->opcache;
    }
}
