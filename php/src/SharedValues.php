<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Exception\SharedValueGone;
use B7s\Parallite\Value\Deserializer;
use B7s\Parallite\Value\NativeFormat;
use B7s\Parallite\Value\Refusal;
use B7s\Parallite\Value\Serializer;
use B7s\Parallite\Value\Survey;
use B7s\Parallite\Worker\Seals;
use Throwable;
use WeakMap;

/**
 * What {@see Shared} objects stand for: in the program that shares a value the value itself, in a worker what is in the
 * file that the daemon has written.
 *
 * @internal
 */
final class SharedValues
{
    /** The directory with the files. */
    public const DIRECTORY = 'PARALLITE_SHARED_VALUES';

    /**
     * Behind a value that all tasks of a worker may have the same copy of: it has neither objects nor references, through
     * which a task could change it for the next one.
     */
    private const PLAIN = ':p';

    /** Behind one of which every task gets a copy of its own. */
    private const COPIED = ':c';

    /** How many values a worker keeps loaded. */
    private const MOST_LOADED = 16;

    /** How many bytes all values that a template loads may have, as they travel. */
    private const MOST_PRELOADED_BYTES = 32 << 20;

    /** How many times as much memory a value may take when it is loaded. */
    private const EXPANSION = 16;

    /** @var WeakMap<Shared<mixed>, array{mixed, ?string}> in the program that shares them; {@see dropContent()} */
    private static WeakMap $held;

    /** @var array<string, mixed> by hash, the one last used at the end: in a worker */
    private static array $loaded = [];

    /** @var array<string, Shared<mixed>> by hash: what has been serialized since {@see taken()} */
    private static array $noted = [];

    private function __construct()
    {
    }

    /**
     * What serialize() writes, and what kind of value it is: behind it, where no copy is needed to add that.
     *
     * @return string the value as it travels
     * @throws ClosureNotSerializable when something in it can't
     */
    public static function write(mixed $value): string
    {
        if ($value === null || is_scalar($value)) {
            return NativeFormat::write($value) . self::PLAIN;
        }
        if (is_array($value) && Survey::isPlain($value, 1)) {
            $content = NativeFormat::write($value);
            $content .= self::mayHaveReferences($content) ? self::COPIED : self::PLAIN;
            return $content;
        }
        try {
            return (new Serializer())->serialize($value, 'the shared value') . self::COPIED;
        } catch (Refusal $e) {
            throw new ClosureNotSerializable("the value can't be shared: {$e->getMessage()}", previous: $e);
        }
    }

    /** Whether two places in it are one, or a text in it looks so. */
    private static function mayHaveReferences(string $blob): bool
    {
        return str_contains($blob, ';R:') || str_contains($blob, '{R:');
    }

    /**
     * @param Shared<mixed> $shared
     * @param string $content what {@see write()} has made of the value
     */
    public static function hold(Shared $shared, mixed $value, string $content): void
    {
        self::$held ??= new WeakMap();
        self::$held[$shared] = [$value, $content];
    }

    /**
     * What travels has arrived, or need not. It is kept only of a value that has objects: they may change until it has to be
     * sent again, to a daemon that was restarted.
     *
     * @param Shared<mixed> $shared
     */
    public static function dropContent(Shared $shared): void
    {
        self::$held ??= new WeakMap();
        foreach (self::$held as $holder => [$value, $content]) {
            if ($holder->hash === $shared->hash && $content !== null && str_ends_with($content, self::PLAIN)) {
                self::$held[$holder] = [$value, null];
            }
        }
    }

    /**
     * @param Shared<mixed> $shared
     * @throws SharedValueGone
     */
    public static function of(Shared $shared): mixed
    {
        $held = self::held($shared);
        return match (true) {
            $held !== null => $held[0],
            array_key_exists($shared->hash, self::$loaded) => self::$loaded[$shared->hash],
            default => self::load($shared->hash),
        };
    }

    /**
     * @param Shared<mixed> $shared
     * @return string what {@see write()} has made of the value
     * @throws SharedValueGone
     */
    public static function contentOf(Shared $shared): string
    {
        $held = self::held($shared);
        return $held === null ? implode('', self::read($shared->hash)) : $held[1] ?? self::write($held[0]);
    }

    /**
     * @param Shared<mixed> $shared
     * @return array{mixed, ?string}|null
     */
    private static function held(Shared $shared): ?array
    {
        self::$held ??= new WeakMap();
        if (isset(self::$held[$shared])) {
            return self::$held[$shared];
        }
        foreach (self::$held as $other => $held) {
            if ($other->hash === $shared->hash) {
                return $held; // it was rebuilt in the program that shares the value
            }
        }
        return null;
    }

    /**
     * In a template: loads what the daemon keeps, so that workers that are forked have it, and lets go of what it keeps no
     * longer. Of plain data only, since nothing of the program runs then, and only what leaves room within memory_limit.
     */
    public static function preload(): void
    {
        $directory = self::directory();
        if ($directory === null) {
            return;
        }
        $names = Quietly::call(static fn(): array => scandir($directory) ?: []);
        self::$loaded = array_intersect_key(self::$loaded, array_flip($names));
        $bytes = 0;
        foreach (preg_grep('/^[0-9a-f]{64}$/D', $names) ?: [] as $hash) {
            try {
                $size = Quietly::call(static fn(): int => (int) filesize("$directory/$hash"));
                $bytes += $size;
                if ($bytes <= self::MOST_PRELOADED_BYTES && self::isWorthPreloading("$directory/$hash", $hash, $size)) {
                    self::load($hash);
                }
            } catch (Throwable) {
                // gone meanwhile, or damaged: the task that asks for it gets the error
            }
        }
    }

    private static function isWorthPreloading(string $file, string $hash, int $size): bool
    {
        $limit = ini_parse_quantity((string) ini_get('memory_limit'));
        return !array_key_exists($hash, self::$loaded)
            && count(self::$loaded) < self::MOST_LOADED
            && ($limit <= 0 || $size * self::EXPANSION < $limit - memory_get_usage())
            && $size >= strlen(self::PLAIN)
            && Quietly::call(static fn(): bool => file_get_contents($file, offset: $size - strlen(self::PLAIN)) === self::PLAIN);
    }

    private static function load(string $hash): mixed
    {
        [$blob, $kind] = self::read($hash);
        $value = Deserializer::deserialize($blob);
        if ($kind === self::PLAIN) {
            self::$loaded = array_filter(
                array_slice(self::$loaded, 1 - self::MOST_LOADED, null, true),
                static fn(string $known): bool => file_exists(self::directory() . "/$known"),
                ARRAY_FILTER_USE_KEY,
            );
            self::$loaded[$hash] = $value;
        }
        return $value;
    }

    /**
     * @return array{string, string} what serialize() has written, and {@see PLAIN} or {@see COPIED}: apart, as a copy takes
     *     longer than to read it
     * @throws SharedValueGone
     */
    private static function read(string $hash): array
    {
        $directory = self::directory();
        if ($directory === null) {
            throw new SharedValueGone("the shared value $hash is not here: workers of the daemon that keeps it can load it");
        }
        $file = Quietly::call(static fn(): mixed => fopen("$directory/$hash", 'r'));
        if ($file === false) {
            throw new SharedValueGone("the daemon does not keep the shared value $hash any longer: what share() has returned, "
                . 'or a task that was submitted with it, has to be there still');
        }
        $length = max(0, (int) fstat($file)['size'] - strlen(self::PLAIN));
        $blob = (string) stream_get_contents($file, $length);
        $kind = (string) stream_get_contents($file);
        fclose($file);
        if (Seals::areRequired()) {
            $found = hash_init('sha256');
            hash_update($found, $blob);
            hash_update($found, $kind);
            if (!hash_equals($hash, hash_final($found))) {
                throw new SharedValueGone("the shared value $hash was changed on its way; nothing of it is used");
            }
        }
        return [$blob, $kind];
    }

    private static function directory(): ?string
    {
        $directory = getenv(self::DIRECTORY);
        return $directory === false ? null : $directory;
    }

    /**
     * The object is being serialized.
     *
     * @param Shared<mixed> $shared
     */
    public static function note(Shared $shared): void
    {
        self::$noted[$shared->hash] = $shared;
    }

    /** Something is serialized that will travel: what the program has serialized for itself does not go with it. */
    public static function begin(): void
    {
        self::$noted = [];
    }

    /** @return array<string, Shared<mixed>> those that have been serialized since then, by hash */
    public static function taken(): array
    {
        if (self::$noted === []) {
            return [];
        }
        [$noted, self::$noted] = [self::$noted, []];
        return $noted;
    }
}
