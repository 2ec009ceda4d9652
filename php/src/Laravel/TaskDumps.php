<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Future;
use B7s\Parallite\Task;
use B7s\Parallite\Worker\SourcePlace;
use Closure;
use Illuminate\Contracts\Foundation\Application;
use Symfony\Component\VarDumper\Caster\ReflectionCaster;
use Symfony\Component\VarDumper\Cloner\Data;
use Symfony\Component\VarDumper\Cloner\VarCloner;
use Symfony\Component\VarDumper\Dumper\CliDumper;
use Symfony\Component\VarDumper\Dumper\HtmlDumper;
use Symfony\Component\VarDumper\VarDumper;
use Throwable;

/**
 * What tasks pass to `dump()` and `dd()`, shown where their caller looks: the worker sends it ahead of the result, and the
 * driver prints it, as text on the console and as HTML elsewhere. What nobody awaits is logged. A process that sends
 * dumps to a server (`VAR_DUMPER_FORMAT`) is left to that.
 *
 * @internal
 */
final class TaskDumps
{
    private const FUNCTIONS = ['dump', 'dd'];

    private static ?Closure $handler = null;

    /** Whether the caller of the running task shows what it is sent. */
    private static bool $isShown = false;

    /** Whether nobody awaits the running task. */
    private static bool $isUnattended = false;

    private function __construct()
    {
    }

    /** Whatever is dumped in this worker from now on comes from a task. */
    public static function hear(Application $app): void
    {
        if (!class_exists(VarDumper::class)) {
            return;
        }
        self::$handler ??= self::handler($app);
        VarDumper::setHandler(self::$handler);
    }

    private static function handler(Application $app): Closure
    {
        $cloner = new VarCloner();
        $cloner->addCasters(ReflectionCaster::UNSET_CLOSURE_FILE_INFO);
        return static function (mixed $value, ?string $label = null) use ($app, $cloner): void {
            [$place, $isLast] = self::call($app->basePath() . DIRECTORY_SEPARATOR);
            self::tell($app, new TaskDump($cloner->cloneVar($value), $place, $label, $isLast));
        };
    }

    /** A task of the driver begins. */
    public static function taskBegins(bool $isUnattended): void
    {
        self::$isShown = !$isUnattended;
        self::$isUnattended = $isUnattended;
    }

    /** No task of the driver runs. */
    public static function taskEnds(): void
    {
        self::$isShown = self::$isUnattended = false;
    }

    /**
     * Shows what a task has dumped, once.
     *
     * @param Future<mixed> $future that has ended
     * @param string $name of the task
     * @return ?DumpedAndDied when dd() has ended it
     */
    public static function show(Future $future, string $name): ?DumpedAndDied
    {
        $last = $failure = null;
        try {
            foreach ($future->stream() as $value) {
                if ($value instanceof TaskDump) {
                    self::pass($last = $value, $name);
                }
            }
        } catch (Throwable $failure) {
            // is thrown by who asks for the result
        }
        $hasExited = $failure instanceof TaskException && $failure->getErrorCode() === 'EXITED';
        return $last?->isLast === true && $hasExited
            ? new DumpedAndDied("the task $name was ended by dd() at {$last->place}", previous: $failure)
            : null;
    }

    /** To who awaits the task in which this one was awaited, else to the one who looks here. */
    private static function pass(TaskDump $dump, string $name): void
    {
        if (self::$isShown) {
            Task::emit(new TaskDump($dump->data, "{$dump->place} in task $name", $dump->label, false));
            return;
        }
        $format = $_SERVER['VAR_DUMPER_FORMAT'] ?? null;
        if ($format === 'html' || $format !== 'cli' && !in_array(PHP_SAPI, ['cli', 'phpdbg'], true)) {
            echo self::html($dump, $name);
        } else {
            $stream = defined('STDOUT') ? STDOUT : fopen('php://output', 'w');
            fwrite($stream, self::text($dump, " in task $name", true));
        }
    }

    private static function tell(Application $app, TaskDump $dump): void
    {
        if (self::$isUnattended) {
            $app->make('log')->debug('a deferred task called ' . ($dump->isLast ? 'dd' : 'dump') . '(): ' . self::text($dump));
        } elseif (!self::$isShown) {
            echo self::text($dump); // into the output of the task
        } else {
            try {
                Task::emit($dump);
            } catch (Throwable $e) {
                $reason = (new VarCloner())->cloneVar("(not shown: {$e->getMessage()})");
                Task::emit(new TaskDump($reason, $dump->place, $dump->label, $dump->isLast));
            }
        }
    }

    /**
     * Where dump() or dd() was called, past methods of the framework that call it.
     *
     * @param string $base beginning of the names of the application's files
     * @return array{string, bool} and whether the process ends behind it
     */
    private static function call(string $base): array
    {
        $trace = debug_backtrace(0, 20);
        foreach ($trace as $i => $frame) {
            if (!in_array($frame['function'], self::FUNCTIONS, true) || isset($frame['class'])) {
                continue;
            }
            $values = $frame['args'] ?? [];
            $dumped = $trace[$i - 1]['args'] ?? [];
            $isLast = $frame['function'] === 'dd' && self::isLastOf($values, $dumped);
            while (isset($trace[$i + 1]) && in_array($trace[$i + 1]['function'], self::FUNCTIONS, true)) {
                $frame = $trace[++$i];
            }
            $frame += ['file' => 'unknown', 'line' => 0];
            $place = SourcePlace::of($frame['file'], $frame['line']);
            $file = str_starts_with($place->file, $base) ? substr($place->file, strlen($base)) : $place->file;
            return ["$file:{$place->line}", $isLast];
        }
        return ['unknown', false];
    }

    /**
     * Whether a call of VarDumper::dump() is the last one that dd() makes.
     *
     * @param array<array-key, mixed> $values of dd()
     * @param array<array-key, mixed> $dumped value and label
     */
    private static function isLastOf(array $values, array $dumped): bool
    {
        $last = array_key_last($values);
        return count($values) < 2 || (string) ($dumped[1] ?? '') === (string) (is_int($last) ? $last + 1 : $last);
    }

    /** @param bool $isTerminal whether it may have colors */
    private static function text(TaskDump $dump, string $suffix = '', bool $isTerminal = false): string
    {
        $hasColors = $isTerminal && defined('STDOUT') && stream_isatty(STDOUT);
        $dumper = new CliDumper();
        $dumper->setColors($hasColors);
        return rtrim((string) $dumper->dump(self::labelled($dump), true)) . " // {$dump->place}$suffix\n";
    }

    private static function html(TaskDump $dump, string $name): string
    {
        $place = htmlspecialchars("{$dump->place} in task $name");
        return (new HtmlDumper())->dump(self::labelled($dump), true) . "<small>// $place</small>\n";
    }

    private static function labelled(TaskDump $dump): Data
    {
        return $dump->label === null || !method_exists($dump->data, 'withContext')
            ? $dump->data
            : $dump->data->withContext(['label' => $dump->label]);
    }
}
