<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class HttpHeaders implements Guard
{
    public const WHAT = 'HTTP headers';
    public const HOW = '`header()`, `setcookie()`, `http_response_code()`, `header_register_callback()`';

    private const OK = 200;

    private readonly int $code;

    /** @var list<string> */
    private readonly array $headers;

    /** Called instead of what a task has registered, when the process ends. */
    private readonly \Closure $nothing;

    public function __construct()
    {
        if (http_response_code() === false) {
            http_response_code(self::OK); // PHP can't go back to none
        }
        $this->code = (int) http_response_code();
        $this->headers = headers_list();
        $this->nothing = static function (): void {
        };
        header_register_callback($this->nothing);
    }

    public static function isNeeded(): bool
    {
        return !headers_sent();
    }

    public function restore(): bool
    {
        if (\headers_list() !== $this->headers) {
            @header_remove();
            foreach ($this->headers as $header) {
                @header($header, false);
            }
        }
        if (\http_response_code() !== $this->code) {
            @http_response_code($this->code);
        }
        \header_register_callback($this->nothing);
        return true;
    }
}
