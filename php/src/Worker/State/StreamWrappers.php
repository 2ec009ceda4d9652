<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

/**
 * The list of wrappers is in the order in which they were registered, so that one that was exchanged is seen: all but
 * the last one, behind which there is one of ours therefore.
 */
final class StreamWrappers implements Guard
{
    public const WHAT = 'Stream wrappers';
    public const HOW = '`stream_wrapper_register()`, `stream_wrapper_unregister()`, `stream_wrapper_restore()`. A wrapper of your own '
        . 'that was there before and is not any more has the worker replaced';

    /** Libraries of closures register theirs once, when they first need it. */
    private const LIBRARIES = ['closure', 'laravel-serializable-closure'];

    private const LAST = 'parallite-last';

    /** @var list<string> */
    private array $wrappers;

    public function __construct()
    {
        @stream_wrapper_register(self::LAST, self::class);
        $this->wrappers = stream_get_wrappers();
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        return \stream_get_wrappers() === $this->wrappers || $this->putBack();
    }

    private function putBack(): bool
    {
        $wrappers = array_diff($this->wrappers, [self::LAST]);
        $now = stream_get_wrappers();
        foreach (array_diff($now, $wrappers, self::LIBRARIES) as $added) {
            @stream_wrapper_unregister($added);
        }
        foreach ($this->exchanged() as $wrapper) {
            @stream_wrapper_restore($wrapper);
        }
        stream_wrapper_register(self::LAST, self::class);
        $now = stream_get_wrappers();
        $isComplete = array_diff($wrappers, $now) === [];
        $this->wrappers = $now;
        return $isComplete;
    }

    /** @return list<string> those that are gone, or not in their old places, and so may be somebody else's */
    private function exchanged(): array
    {
        $before = array_values(array_diff($this->wrappers, [self::LAST]));
        $now = array_values(array_intersect(stream_get_wrappers(), $before));
        $exchanged = [];
        foreach ($before as $wrapper) {
            if (($now[0] ?? null) === $wrapper) {
                array_shift($now);
            } else {
                $exchanged[] = $wrapper;
                $now = array_values(array_diff($now, [$wrapper]));
            }
        }
        return $exchanged;
    }
}
