<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use Dotenv\Dotenv;
use Dotenv\Exception\InvalidFileException;
use Illuminate\Contracts\Foundation\Application;

/**
 * The variables that a process of an application has from its .env. A daemon that inherited them would pass them on to its
 * workers, where they are preferred to the file: what was changed in it would never be seen.
 */
final class LoadedEnvironment
{
    /** Variables that are meant for the daemon. */
    private const OF_DAEMON = 'PARALLITE_';

    private function __construct()
    {
    }

    /** @return list<string> names of those that are set by the file alone */
    public static function names(Application $app): array
    {
        $file = self::file($app);
        $variables = is_file($file) ? self::parse((string) file_get_contents($file)) : [];
        $inherited = self::inherited();
        $names = [];
        foreach ($variables as $name => $value) {
            $isLoaded = $inherited === null ? getenv($name) === $value : !isset($inherited[$name]);
            if ($isLoaded && !str_starts_with($name, self::OF_DAEMON)) {
                $names[] = $name;
            }
        }
        return $names;
    }

    /** The environment whose file was chosen on the command line, by --env; null: there is one file for all. */
    public static function chosen(Application $app): ?string
    {
        $name = basename(self::file($app));
        return str_starts_with($name, '.env.') ? substr($name, 5) : null;
    }

    private static function file(Application $app): string
    {
        return method_exists($app, 'environmentFilePath') ? $app->environmentFilePath() : $app->basePath('.env');
    }

    /** @return array<string, ?string> */
    private static function parse(string $content): array
    {
        try {
            return Dotenv::parse($content);
        } catch (InvalidFileException) {
            return []; // with which the application does not boot
        }
    }

    /** @return array<string, true>|null what the process was started with; null where the system does not tell */
    private static function inherited(): ?array
    {
        $environment = @file_get_contents('/proc/self/environ');
        if (!is_string($environment)) {
            return null;
        }
        $names = [];
        foreach (explode("\0", $environment) as $variable) {
            $names[strstr($variable, '=', true) ?: $variable] = true;
        }
        return $names;
    }
}
