<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

use B7s\Parallite\Codec\UnitSource;

/**
 * Whether some function can have been called: whether its name stands in what this process was sent or has loaded.
 *
 * A function is called by its name, which stands in the code that calls it, or in the data that this code was given;
 * both have come in a request or in a file. So as long as no request and no file holds a name, nothing has called the
 * function, apart from code that puts the name together from pieces.
 */
final class LoadedCode
{
    /** Bytes of a request beyond which looking through it takes longer than asking the system. */
    private const MAX_REQUEST = 16_384;

    /** Bytes of a file that are looked through. */
    private const MAX_FILE = 1_048_576;

    /** Requests that are remembered for naming nothing, and bytes of a payload beyond which it is not. */
    private const MAX_KEPT = 256;
    private const MAX_KEPT_LENGTH = 4_096;

    /** Files that are looked through after one task. */
    private const FILES_AT_ONCE = 20;

    private readonly string $pattern;

    /** Finds quickly what may be one of the names: what follows their first underscore, or all of it. */
    private readonly string $quickPattern;

    /** @var array<string, true> functions that were named once: what calls them may have stayed */
    private array $named = [];

    /** @var array<string, true> functions that the running task's request names */
    private array $namedByTask = [];

    /** @var array<string, true> payloads that name nothing, oldest first */
    private array $quiet = [];

    /** Whether the running task's request is too long to be looked through. */
    private bool $isLong = false;

    /** How many of the included files were looked through. */
    private int $files = 0;

    /** Whether there were more of them when the task ended. */
    private bool $isBehind = true;

    /** Bytes in use when the files were counted: a file that is loaded leaves some. */
    private int $bytes = -1;

    /**
     * @param list<string> $functions their names, in lower case
     * @param list<string> $always those that are looked for in long requests, too
     */
    public function __construct(array $functions, private readonly array $always)
    {
        rsort($functions); // a longer name before its beginning
        $this->pattern = '/' . implode('|', $functions) . '/i';
        $ends = array_map(static fn(string $name): string => (string) strstr($name, '_'), $functions);
        $words = array_filter($functions, static fn(string $name): bool => !str_contains($name, '_'));
        $ends = array_map(static fn(string $end): string => substr($end, 1), array_unique(array_filter($ends)));
        $this->quickPattern = '/_(?:' . implode('|', $ends) . ')|' . implode('|', $words) . '/';
    }

    /**
     * @param string $body the request as it came
     * @param mixed $payload what it holds, which may be in base64
     * @param mixed $context its context
     */
    public function taskBegins(string $body, mixed $payload, mixed $context): void
    {
        $this->namedByTask = [];
        $this->isLong = false;
        $isAlone = \is_string($payload) && ($context === null || $context === [] || $context === '');
        if ($isAlone && isset($this->quiet[$payload])) {
            return;
        }
        $this->lookThrough($body, $payload);
        if ($isAlone && $this->namedByTask === [] && \strlen($payload) <= self::MAX_KEPT_LENGTH) {
            if (\count($this->quiet) >= self::MAX_KEPT) {
                unset($this->quiet[array_key_first($this->quiet)]);
            }
            $this->quiet[$payload] = true;
        }
    }

    private function lookThrough(string $body, mixed $payload): void
    {
        $this->isLong = \strlen($body) > self::MAX_REQUEST;
        if ($this->isLong) {
            foreach ($this->always as $function) {
                if (str_contains($body, $function)) {
                    $this->namedByTask[$function] = true;
                }
            }
            return;
        }
        if (\preg_match($this->quickPattern, \strtolower($body)) === 1) {
            $this->namedByTask = $this->namesIn($body);
        }
        if (\is_string($payload) && \strlen($payload) > 64 && \strpbrk($payload, ';{') === false) {
            $encoded = strrchr($payload, ':') ?: $payload;
            $this->namedByTask += $this->namesIn((string) base64_decode($encoded));
        }
        $this->named += $this->namedByTask;
    }

    /** Whether no function can have been called, by the running task or by what an earlier one has left. */
    public function isSilent(): bool
    {
        $bytes = \memory_get_usage();
        if ($bytes !== $this->bytes) {
            $this->bytes = $bytes;
            $this->isBehind = \count(\get_included_files()) > $this->files;
        }
        return $this->named === [] && !$this->isLong && !$this->isBehind;
    }

    /**
     * Whether one of the functions can have been called; to be asked after isSilent().
     *
     * @param list<string> $functions
     */
    public function names(array $functions): bool
    {
        if ($this->isLong || $this->isBehind) {
            return true;
        }
        foreach ($functions as $function) {
            if (isset($this->named[$function])) {
                return true;
            }
        }
        return false;
    }

    /** Whether the running task's own request names the function. */
    public function isNamedByTask(string $function): bool
    {
        return isset($this->namedByTask[$function]);
    }

    /** Looks through files that were included meanwhile, some of them at a time. */
    public function catchUp(): void
    {
        if (!$this->isBehind) {
            return;
        }
        $this->bytes = -1; // counts them again after the next task
        $own = dirname(__DIR__, 2);
        $left = self::FILES_AT_ONCE;
        foreach (array_slice(get_included_files(), $this->files) as $file) {
            // the code of a closure, which gives itself out for a file, came in a request
            if (!str_starts_with($file, $own) && UnitSource::fileOf($file) === $file) {
                if ($left-- === 0) {
                    return;
                }
                $this->named += $this->namesIn((string) @file_get_contents($file, false, null, 0, self::MAX_FILE));
            }
            $this->files++;
        }
    }

    /** @return array<string, true> */
    private function namesIn(string $text): array
    {
        preg_match_all($this->pattern, $text, $found);
        return array_fill_keys(array_map(strtolower(...), $found[0]), true);
    }
}
