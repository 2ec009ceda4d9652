<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Worker\SourcePlace;
use Error;
use Exception;
use ReflectionProperty;
use Throwable;

/**
 * Where in the program a task was submitted. The trace of its exception goes on there.
 *
 * @internal
 */
final class Origin
{
    /** Frames between the program and {@see here()}, at most. */
    private const DEPTH = 12;

    private function __construct(
        public readonly string $file,
        public readonly int $line,
        private readonly mixed $key = null,
        private readonly bool $hasKey = false,
        private readonly bool $isRange = false,
    ) {
    }

    /** The place of the call by which the program has entered this package. */
    public static function here(): ?self
    {
        foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS, self::DEPTH) as $frame) {
            if (isset($frame['file'], $frame['line']) && !Package::contains($frame['file'])) {
                if (!str_contains($frame['file'], '://')) {
                    return new self($frame['file'], $frame['line']);
                }
                $place = SourcePlace::of($frame['file'], $frame['line']); // the task is in a closure that was rebuilt
                return new self($place->file, $place->line);
            }
        }
        return null;
    }

    /** The same for one of several tasks. */
    public function withKey(mixed $key): self
    {
        return new self($this->file, $this->line, $key, true);
    }

    /**
     * The same for several of them.
     *
     * @param non-empty-list<mixed> $keys
     */
    public function withKeys(array $keys): self
    {
        return count($keys) === 1
            ? $this->withKey($keys[0])
            : new self($this->file, $this->line, [$keys[0], $keys[count($keys) - 1]], true, true);
    }

    /** As a person reads it. */
    public function text(): string
    {
        return "submitted at {$this->file}:{$this->line}" . $this->keyText();
    }

    /**
     * Puts the place behind the frames of the task, and behind that the frames of who is waiting for it now.
     *
     * @param bool $isRemote whether the exception has a trace of the task
     */
    public function continueTrace(Throwable $e, bool $isRemote): void
    {
        $trace = $isRemote ? $e->getTrace() : [];
        $trace[] = [
            'file' => $this->file,
            'line' => $this->line,
            'function' => '{' . $this->text() . '}',
        ];
        foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS) as $frame) {
            if (isset($frame['file']) && !Package::contains($frame['file'])) {
                $trace[] = $frame;
            }
        }
        $base = $e instanceof Error ? Error::class : Exception::class;
        (new ReflectionProperty($base, 'trace'))->setValue($e, $trace);
    }

    private function keyText(): string
    {
        if (!$this->hasKey) {
            return '';
        }
        if ($this->isRange) {
            return ', keys ' . Keys::text($this->key[0]) . ' to ' . Keys::text($this->key[1]);
        }
        return ', key ' . Keys::text($this->key);
    }
}
