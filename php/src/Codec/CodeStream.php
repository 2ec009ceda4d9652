<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

/**
 * A file of PHP code that is in memory, and says that it is another one: the name that it gives is what stack traces,
 * and relative includes, go by.
 *
 * @internal called by PHP's streams
 */
final class CodeStream
{
    private const SCHEME = 'parallite-code';

    private static string $code = '';

    private static string $name = '';

    /** @var ?resource set by PHP */
    public $context;

    private int $position = 0;

    /**
     * What the code returns.
     *
     * @throws \ParseError
     */
    public static function run(string $code, string $name): mixed
    {
        [self::$code, self::$name] = [$code, $name];
        // not for longer: a task may do what it likes to wrappers
        stream_wrapper_register(self::SCHEME, self::class);
        try {
            return include self::SCHEME . '://';
        } finally {
            stream_wrapper_unregister(self::SCHEME);
        }
    }

    public function stream_open(string $path, string $mode, int $options, ?string &$openedPath): bool
    {
        $openedPath = self::$name;
        return true;
    }

    public function stream_read(int $count): string
    {
        $bytes = substr(self::$code, $this->position, $count);
        $this->position += strlen($bytes);
        return $bytes;
    }

    public function stream_eof(): bool
    {
        return $this->position >= strlen(self::$code);
    }

    /** @return array<string, int> */
    public function stream_stat(): array
    {
        return ['size' => strlen(self::$code)];
    }

    public function stream_set_option(int $option, int $arg1, int $arg2): bool
    {
        return false;
    }
}
