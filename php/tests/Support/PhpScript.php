<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

/**
 * A PHP program of a test's, run to its end in a process of its own.
 */
final class PhpScript
{
    private function __construct(public readonly string $output, public readonly int $exitCode)
    {
    }

    /**
     * @param string $code without <?php; the package's classes are loaded
     * @param array<string, string|null> $environment added to this process's; null takes a variable away
     * @param list<string> $options of PHP
     */
    public static function run(
        string $code,
        array $environment = [],
        ?string $directory = null,
        array $options = [],
    ): self {
        $autoload = var_export(dirname(__DIR__, 2) . '/autoload.php', true);
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite-test-');
        file_put_contents($file, "<?php\n\ndeclare(strict_types=1);\n\nrequire $autoload;\n$code");
        try {
            return self::file($file, [], $environment, $directory, $options);
        } finally {
            unlink($file);
        }
    }

    /**
     * @param list<string> $arguments
     * @param array<string, string|null> $environment
     * @param list<string> $options of PHP
     */
    public static function file(
        string $file,
        array $arguments = [],
        array $environment = [],
        ?string $directory = null,
        array $options = [],
    ): self {
        $output = tmpfile();
        $environment = array_filter($environment + getenv(), is_string(...));
        $process = proc_open(
            [PHP_BINARY, ...$options, $file, ...$arguments],
            [['file', '/dev/null', 'r'], $output, $output],
            $pipes,
            $directory,
            $environment,
        );
        $exitCode = proc_close($process);
        rewind($output);
        return new self((string) stream_get_contents($output), $exitCode);
    }
}
