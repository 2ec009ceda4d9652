<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class ProcessTitle implements Guard
{
    public const WHAT = 'Title of the process';
    public const HOW = '`cli_set_process_title()`';

    private readonly string $title;

    public function __construct()
    {
        $this->title = (string) @cli_get_process_title();
    }

    public static function isNeeded(): bool
    {
        return function_exists('cli_get_process_title');
    }

    public function restore(): bool
    {
        if (\cli_get_process_title() !== $this->title) {
            @cli_set_process_title($this->title);
        }
        return true;
    }
}
