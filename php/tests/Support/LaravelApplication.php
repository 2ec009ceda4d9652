<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use RuntimeException;

/**
 * An application of a real Laravel: version 13 with a PHP that runs it, else the one that the distribution packages, with
 * doubles of what came later. Both are brought by deploy/tools-for-tests, which also makes sure that they load.
 */
final class LaravelApplication
{
    private const SOURCE = __DIR__ . '/../laravel';

    /** Makes one in a directory that does not exist. */
    public function __construct(public readonly string $directory, string $environment = "CONCURRENCY_DRIVER=parallite\n")
    {
        $directories = ['app', 'bootstrap/cache', 'config', 'vendor/composer', 'storage/framework/views', 'storage/logs'];
        foreach ($directories as $name) {
            mkdir("$directory/$name", 0700, true);
        }
        foreach (glob(self::SOURCE . '/{,*/}*', GLOB_BRACE) ?: [] as $file) {
            is_file($file) && copy($file, $directory . substr($file, strlen(self::SOURCE)));
        }
        copy(self::SOURCE . '/bootstrap/autoload.php', "$directory/vendor/autoload.php");
        // from which Laravel learns of the provider
        $package = json_decode((string) file_get_contents(dirname(__DIR__, 2) . '/composer.json'), true);
        file_put_contents(
            "$directory/vendor/composer/installed.json",
            json_encode(['packages' => [['name' => $package['name'], 'extra' => $package['extra']]]]),
        );
        file_put_contents("$directory/.env", $environment);
    }

    /** Where Laravel is; null where there is none to test with. */
    public static function framework(): ?string
    {
        foreach (PHP_VERSION_ID >= 80400 ? ['newer-php', 'php'] : ['php'] as $tree) {
            $directory = dirname(__DIR__, 3) . "/target/tools/$tree/usr/share/php";
            if (is_file("$directory/Illuminate/Foundation/Application.php")) {
                return $directory;
            }
        }
        return null;
    }

    /** @return array<string, string|null> what a process of the application needs in its environment */
    public static function environment(): array
    {
        return [
            'LARAVEL_FOR_TESTS' => self::framework(),
            'PARALLITE_PACKAGE' => dirname(__DIR__, 2),
            'PARALLITE_SOCKET' => null,
            'PARALLITE_FIXED_WORKERS' => null,
            'PARALLITE_MAX_WORKERS' => null,
        ];
    }

    public function artisan(string ...$arguments): PhpScript
    {
        return $this->php('artisan', $arguments);
    }

    /**
     * @param list<string> $arguments
     * @param array<string, string> $environment
     * @param ?string $directory by which the application is reached, else its own
     */
    public function php(string $file, array $arguments = [], array $environment = [], ?string $directory = null): PhpScript
    {
        return PhpScript::file($file, $arguments, $environment + self::environment(), $directory ?? $this->directory);
    }

    /** What a scenario of scenarios.php gives, or class and message of its exception. */
    public function scenario(string $name, ?string $directory = null): mixed
    {
        $run = $this->php('run.php', [$name], [], $directory);
        $answer = json_decode($run->output, true);
        return is_array($answer)
            ? $answer['result'] ?? [$answer['exception'], $answer['message']]
            : throw new RuntimeException($run->output);
    }

    public function remove(): void
    {
        exec('rm -r ' . escapeshellarg($this->directory));
    }
}
