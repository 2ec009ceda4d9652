<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

/**
 * The PHP in a document of Markdown, exactly as it stands there.
 */
final class Readme
{
    private function __construct(public readonly string $code, public readonly int $line)
    {
    }

    /** @return list<self> */
    public static function blocksOf(string $file): array
    {
        $text = (string) file_get_contents($file);
        preg_match_all('/^```php\n(.*?)^```$/ms', $text, $blocks, PREG_OFFSET_CAPTURE);
        return array_map(
            static fn(array $block): self => new self($block[0], substr_count($text, "\n", 0, $block[1]) + 1),
            $blocks[1],
        );
    }

    /** Whether it is a program, and not a part of one. */
    public function isProgram(): bool
    {
        return str_starts_with($this->code, '<?php');
    }

    /** @return list<string> what it prints, as the comments behind its echo statements say; up to an ellipsis */
    public function promises(): array
    {
        preg_match_all('~^ *echo .*; +// (.+)$~m', $this->code, $comments);
        return array_map(static fn(string $comment): string => rtrim(explode('…', $comment)[0]), $comments[1]);
    }
}
