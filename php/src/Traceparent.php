<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Closure;

/**
 * The span of a distributed trace in which tasks are submitted, as W3C Trace Context writes it:
 * `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. A text of another form counts as none, as it may come from outside.
 *
 * @internal
 */
final class Traceparent
{
    private const FORM = '/\A00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\z/';

    /** @param string|Closure(): mixed|null $usual what it is, or what tells it whenever a task is submitted */
    public function __construct(private readonly string|Closure|null $usual = null)
    {
    }

    /** The text when it is well-formed, else null. */
    public static function checked(mixed $text): ?string
    {
        return is_string($text) && preg_match(self::FORM, $text) === 1 ? $text : null;
    }

    /**
     * That of a task which is submitted now: what it is given, what the client has, or that of the task that submits it.
     *
     * @return array{traceparent?: string} a field of a request
     */
    public function field(?string $own): array
    {
        $text = self::checked($own) ?? $this->usualSpan() ?? Task::traceparent();
        return $text === null ? [] : ['traceparent' => $text];
    }

    private function usualSpan(): ?string
    {
        $text = $this->usual instanceof Closure ? ($this->usual)() : $this->usual;
        return self::checked($text);
    }
}
