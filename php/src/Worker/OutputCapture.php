<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encoding;

/**
 * What a task prints: by `echo` (an output buffer that stays in place from task to task and passes its
 * contents here), and through the standard output itself, by STDOUT or a child process (a file).
 */
final class OutputCapture
{
    /** Output beyond this is dropped, and the reply says so. */
    public const LIMIT = 65_536;

    private const CHUNK = 8_192;

    private string $text = '';

    private bool $truncated = false;

    /** @var resource|null */
    private mixed $file = null;

    /** What PHP lists when our buffer is in place, and no other. */
    private const OURS = [self::class . '::hear'];

    /** Who hears at once what is printed, while a task runs for which somebody wants that. */
    private ?EchoFeed $feed = null;

    /** @param ?string $stdoutFile the file that is this process's standard output */
    public function __construct(?string $stdoutFile, bool $unlink = false)
    {
        $this->captureFile($stdoutFile, $unlink);
        $this->start();
    }

    /**
     * What is written to a file counts as printed, from now on.
     *
     * @param ?string $stdoutFile the file that is this process's standard output
     */
    public function captureFile(?string $stdoutFile, bool $unlink = false): void
    {
        if ($stdoutFile !== null) {
            $file = @fopen($stdoutFile, 'r+');
            if ($file !== false) {
                stream_set_read_buffer($file, 0);
                $this->file = $file;
            }
            if ($unlink) {
                @unlink($stdoutFile);
            }
        }
    }

    private function start(): void
    {
        $chunk = $this->feed === null ? self::CHUNK : 1;
        ob_start([$this, 'hear'], $chunk);
    }

    /** @internal called by PHP with what was printed */
    public function hear(string $printed, int $phase): string
    {
        if (($phase & PHP_OUTPUT_HANDLER_CLEAN) === 0) {
            $this->add($printed);
            $this->feed?->tell($printed);
        }
        return '';
    }

    /** Passes what is printed on to a feed at once, until it is taken. */
    public function feed(EchoFeed $feed): void
    {
        $this->feed = $feed;
        $this->restart();
    }

    private function restart(): void
    {
        if (ob_list_handlers() === self::OURS && @ob_end_flush()) {
            $this->start();
        }
    }

    /**
     * Takes what was printed since the last call.
     *
     * @param ?Encoding $encoding in which bytes that are no text are to arrive as they are; else they are replaced
     * @return array{}|array{output: string, output_encoding?: 'base64', output_truncated?: true} for the reply
     */
    public function take(?Encoding $encoding = null): array
    {
        $this->settle();
        if (\ob_get_length() !== 0) {
            @ob_flush();
        }
        if ($this->feed !== null) {
            $this->feed->end();
            $this->feed = null;
            $this->restart();
        }
        if ($this->file !== null) {
            $printed = fread($this->file, self::LIMIT + 1);
            if ($printed !== '' && $printed !== false) {
                $this->add($printed);
                ftruncate($this->file, 0);
                rewind($this->file);
            }
        }
        if ($this->text === '') {
            return [];
        }
        $fields = $encoding === null
            ? ['output' => self::asUtf8($this->text)]
            : Binary::fields('output', $this->text, $encoding);
        if ($this->truncated) {
            $fields['output_truncated'] = true;
        }
        $this->text = '';
        $this->truncated = false;
        return $fields;
    }

    /** Forgets what is buffered: a forked child must not print its parent's output again. */
    public function discard(): void
    {
        while (ob_get_level() > 0 && @ob_end_clean()) {
            continue;
        }
    }

    /**
     * Flushes the buffers that a task left open, and puts ours back where it closed too many.
     *
     * @return bool false when one of the task's can't be removed
     */
    public function settle(): bool
    {
        if (\ob_list_handlers() === self::OURS) {
            return true;
        }
        set_error_handler(static fn(): bool => true); // another one may throw what is silenced
        try {
            $isSettled = self::flushOthers();
        } finally {
            restore_error_handler();
        }
        if (ob_get_level() === 0) {
            $this->start();
        }
        return $isSettled;
    }

    private static function flushOthers(): bool
    {
        while (ob_list_handlers() !== self::OURS && ($level = ob_get_level()) > 0) {
            try {
                ob_end_flush();
            } catch (\Throwable) {
                // thrown by the buffer's callback, which is gone or goes next
            }
            if (ob_get_level() === $level && !ob_end_clean()) {
                return false;
            }
        }
        return true;
    }

    private function add(string $printed): void
    {
        $room = self::LIMIT - strlen($this->text);
        if (strlen($printed) > $room) {
            $printed = substr($printed, 0, $room);
            $this->truncated = true;
        }
        $this->text .= $printed;
    }

    private static function asUtf8(string $text): string
    {
        if (preg_match('//u', $text) === 1) {
            return $text;
        }
        return json_decode((string) json_encode($text, JSON_INVALID_UTF8_SUBSTITUTE));
    }
}
