<?php

declare(strict_types=1);

namespace B7s\Parallite\Install;

use B7s\Parallite\Daemon\Binary;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\InstallFailed;

/**
 * `vendor/bin/parallite`: becomes the daemon's executable, or installs it.
 */
final class Command
{
    private const OK = 0;

    private const FAILED = 1;

    private const USAGE = 64;

    private const NOT_INSTALLED = 69;

    private const HELP = <<<'TEXT'
        Usage: parallite install

        Puts the daemon of this package's version, with everything it needs but PHP, into the cache
        of this user (~/.cache/parallite). It is fetched from the project's releases and checked
        against their list of SHA-256 sums.

          PARALLITE_RELEASES   another place with the same files: a URL or a directory
          HTTPS_PROXY          the proxy to fetch it through

        Exit codes: 0 it is installed; 1 it could not be; 64 bad arguments.

        TEXT;

    /** @param resource $errors where progress and errors go */
    public function __construct(private readonly mixed $errors)
    {
    }

    /**
     * @param list<string> $arguments without the program's name
     * @return int the exit code
     */
    public function run(array $arguments): int
    {
        return ($arguments[0] ?? null) === 'install' ? $this->install(array_slice($arguments, 1)) : $this->become($arguments);
    }

    /** @param list<string> $options */
    private function install(array $options): int
    {
        if ($options !== []) {
            $isQuestion = in_array($options[0], ['-h', '--help'], true);
            [$stream, $code] = $isQuestion ? [STDOUT, self::OK] : [$this->errors, self::USAGE];
            fwrite($stream, self::HELP);
            return $code;
        }
        try {
            $installation = Installation::ofThisVersion()
                ?? throw new InstallFailed('the environment tells no home directory; set HOME or XDG_CACHE_HOME');
            $progress = new Progress($this->errors);
            $executable = $installation->executable()
                ?? $installation->install(Release::forThisMachine(), $progress->say(...), $progress->advance(...));
        } catch (InstallFailed $e) {
            fwrite($this->errors, "parallite: {$e->getMessage()}\n");
            return self::FAILED;
        }
        fwrite(STDOUT, "$executable\n");
        return self::OK;
    }

    /** @param list<string> $arguments */
    private function become(array $arguments): int
    {
        try {
            $executable = Binary::find((string) getcwd());
        } catch (ConnectionException $e) {
            fwrite($this->errors, "parallite: {$e->getMessage()}\n");
            return self::NOT_INSTALLED;
        }
        if ($executable === null) {
            fwrite($this->errors, "parallite: no daemon is installed; run `vendor/bin/parallite install`, or name its "
                . "executable in PARALLITE_BIN\n");
            return self::NOT_INSTALLED;
        }
        if (function_exists('pcntl_exec')) {
            pcntl_exec($executable, $arguments);
        }
        $process = proc_open([$executable, ...$arguments], [STDIN, STDOUT, STDERR], $pipes);
        return $process === false ? self::NOT_INSTALLED : proc_close($process);
    }
}
