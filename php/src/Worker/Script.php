<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Runs a PHP file or PHP code as a task, for `parallite submit --file` and `--php`. Both run in a scope of
 * their own, with what the worker has loaded.
 */
final class Script
{
    /** What PHP puts behind the name of a file that evaluates code. */
    public const EVALUATED = " : eval()'d code";

    /**
     * @param array{file: string, arguments?: list<string>} $task
     * @return mixed what the file returns; null when it returns nothing, or 1, which PHP does not tell apart
     */
    public static function file(array $task): mixed
    {
        $file = $task['file'];
        if (!is_file($file)) {
            throw new TaskRefused('INVALID_PAYLOAD', "the file $file does not exist where the worker runs");
        }
        $arguments = [$file, ...($task['arguments'] ?? [])];
        $run = static function (string $file, array $argv, int $argc): mixed {
            return require $file;
        };
        $result = \Closure::bind($run, null, null)($file, $arguments, count($arguments));
        return $result === 1 ? null : $result;
    }

    /**
     * @param array{code: string} $task an expression, or statements that may end with a return; a closure that needs no
     *     arguments is called
     */
    public static function code(array $task): mixed
    {
        $code = $task['code'];
        try {
            $run = self::compile('return static fn(): mixed => (' . rtrim($code, "; \t\r\n") . "\n);");
        } catch (\ParseError) {
            try {
                $run = self::compile("return static function (): mixed { $code;\nreturn null; };");
            } catch (\ParseError $e) {
                throw new TaskRefused('INVALID_PAYLOAD', "the code cannot be parsed: {$e->getMessage()}", $e);
            }
        }
        $result = $run();
        return self::isTask($result) ? $result() : $result;
    }

    private static function isTask(mixed $value): bool
    {
        return $value instanceof \Closure && (new \ReflectionFunction($value))->getNumberOfRequiredParameters() === 0;
    }

    /** Compiled before anything of it runs, outside of this class. */
    private static function compile(string $source): \Closure
    {
        return \Closure::bind(static fn(string $source): \Closure => eval($source), null, null)($source);
    }
}
