<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\PayloadSecret;
use B7s\Parallite\Value\ThrowableProperties;
use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Wire\PhpException;

/**
 * An exception as fields of a reply. Traces carry no arguments: those may be secrets, huge or circular.
 */
final class ExceptionReport
{
    private const MESSAGE_LIMIT = 65_536;
    private const MAX_FRAMES = 100;
    private const MAX_CAUSES = 10;

    /** Files of this package, see isOfWaiting(). */
    private const WAITING = ['Signals.php', 'Quietly.php', 'Readiness.php'];

    /** Bytes of a serialized exception beyond which its fields must do. */
    private const BLOB_LIMIT = 1_048_576;

    /** @var array<class-string<\Throwable>, array<string, \Closure(mixed): mixed>> by class and name of the property */
    private static array $standIns = [];

    /**
     * Has a property of exceptions of a class replaced by something that travels.
     *
     * @param class-string<\Throwable> $class
     * @param string $property as {@see get_mangled_object_vars()} names it
     * @param \Closure(mixed): mixed $standIn
     */
    public static function replace(string $class, string $property, \Closure $standIn): void
    {
        self::$standIns[$class][$property] = $standIn;
    }

    /**
     * @return array{error: string, error_code: string, class: string, code: int|string, file: string, line: int,
     *     trace: string}
     */
    public static function of(\Throwable $e): array
    {
        $place = SourcePlace::of($e->getFile(), $e->getLine());
        return [
            'error' => self::text(self::message($e), self::MESSAGE_LIMIT),
            'error_code' => 'EXCEPTION',
            'class' => self::className($e::class),
            'code' => is_string($e->getCode()) ? self::text($e->getCode(), 255) : $e->getCode(),
            'file' => $place->file,
            'line' => $place->line,
            'trace' => self::trace($e),
        ];
    }

    /**
     * The exception as PHP serializes it, for a client that throws it again.
     *
     * @param string $id of the task
     * @return array{}|array{exception: string, exception_encoding: 'php'} nothing where it can't travel
     */
    public static function asItself(\Throwable $e, string $id, Encoding $encoding): array
    {
        $blob = self::blob($e);
        if ($blob === null) {
            return [];
        }
        $blob = Seals::sign(PayloadSecret::EXCEPTION, $id, $blob);
        return [
            'exception' => $encoding->isBinarySafe() ? $blob : base64_encode($blob),
            'exception_encoding' => 'php',
        ];
    }

    /** The same as bytes; null where it can't travel. */
    public static function blob(\Throwable $e): ?string
    {
        $blob = PhpException::encode($e, self::travelling(...));
        return $blob === null || strlen($blob) > self::BLOB_LIMIT ? null : $blob;
    }

    /**
     * What travels of an exception: without the worker's frames, and without the code of closures.
     *
     * @param array<string, mixed> $properties as {@see get_mangled_object_vars()} gives them
     * @return array<string, mixed>
     */
    public static function travelling(\Throwable $e, array $properties): array
    {
        foreach (self::$standIns as $class => $replacements) {
            foreach ($e instanceof $class ? array_intersect_key($replacements, $properties) : [] as $name => $standIn) {
                $properties = array_replace($properties, [$name => $standIn($properties[$name])]);
            }
        }
        [$file, $line] = self::place($e->getFile(), $e->getLine());
        $own = ["\0*\0message" => self::message($e), "\0*\0file" => $file, "\0*\0line" => $line];
        return array_replace(ThrowableProperties::withTrace($properties, self::bareFrames(...)), $own);
    }

    /** Valid UTF-8 of a bounded length. */
    public static function text(string $text, int $limit): string
    {
        if (strlen($text) > $limit) {
            $text = substr($text, 0, $limit) . '…';
        }
        if (preg_match('//u', $text) === 1) {
            return $text;
        }
        return json_decode((string) json_encode($text, JSON_INVALID_UTF8_SUBSTITUTE));
    }

    private static function trace(\Throwable $e): string
    {
        $lines = self::frames($e);
        $seen = [spl_object_id($e) => true];
        for ($causes = 0; ($e = $e->getPrevious()) !== null && $causes < self::MAX_CAUSES; $causes++) {
            if (isset($seen[spl_object_id($e)])) {
                break;
            }
            $seen[spl_object_id($e)] = true;
            $lines[] = 'caused by ' . self::className($e::class) . ': ' . self::text(self::message($e), 1_024)
                . ' at ' . implode(':', self::place($e->getFile(), $e->getLine()));
            array_push($lines, ...self::frames($e));
        }
        return implode("\n", $lines);
    }

    /**
     * The task's own part of a trace, without arguments and objects.
     *
     * @param list<array<string, mixed>> $trace
     * @return list<array<string, mixed>>
     */
    private static function bareFrames(array $trace): array
    {
        $frames = [];
        foreach ($trace as $frame) {
            if (self::isWorkers($frame) || count($frames) === self::MAX_FRAMES) {
                break;
            }
            unset($frame['args'], $frame['object']);
            $frame['function'] = SourcePlace::function($frame['function']);
            if (isset($frame['file'])) {
                $line = $frame['line'] ?? 0;
                [$frame['file'], $frame['line']] = self::place($frame['file'], $line);
            }
            $frames[] = $frame;
        }
        return $frames;
    }

    /**
     * Whether a call was made by the worker's own code, and not by a task: {@see Script} evaluates that of some.
     *
     * @param array<string, mixed> $frame
     */
    private static function isWorkers(array $frame): bool
    {
        $file = $frame['file'] ?? '';
        return str_starts_with($file, __DIR__) && !str_contains($file, Script::EVALUATED)
            || ($frame['class'] ?? '') === WorkerMain::class && !str_contains($frame['function'], '{closure');
    }

    /**
     * Whether a call was made while signals are let through or streams are waited for, which both the worker and the
     * client in a task do.
     *
     * @param array<string, mixed> $frame
     */
    private static function isOfWaiting(array $frame): bool
    {
        $file = $frame['file'] ?? '';
        return dirname($file) === dirname(__DIR__) && in_array(basename($file), self::WAITING, true);
    }

    /** @return list<string> the frames of the task's own code, innermost first */
    private static function frames(\Throwable $e): array
    {
        $lines = [];
        foreach ($e->getTrace() as $i => $frame) {
            if (self::isWorkers($frame)) {
                break; // from here on it is the worker's
            }
            if ($i === self::MAX_FRAMES) {
                $lines[] = '…';
                break;
            }
            $lines[] = "#$i " . self::at($frame) . ': ' . self::call($frame);
        }
        return $lines;
    }

    /**
     * Where the task is, innermost first, one line for each frame of its own code.
     *
     * @param list<array<string, mixed>> $trace of debug_backtrace() in the handler of a signal
     */
    public static function stack(array $trace): string
    {
        $lines = [];
        $isOfTask = false;
        foreach ($trace as $frame) {
            if (self::isWorkers($frame) || !$isOfTask && self::isOfWaiting($frame)) {
                if ($isOfTask) {
                    break;
                }
                $lines = []; // the handler's own, or a function of PHP's that the worker has called
                continue;
            }
            $isOfTask = $isOfTask || isset($frame['file']);
            if (count($lines) === self::MAX_FRAMES) {
                $lines[] = '…';
                break;
            }
            $isOurs = isset($frame['class']) && str_starts_with($frame['class'], __NAMESPACE__ . '\\');
            $lines[] = '#' . count($lines) . ' ' . self::at($frame) . ($isOurs ? '' : ': ' . self::call($frame));
        }
        return $isOfTask ? implode("\n", $lines) : '';
    }

    /** The message, without the code of closures: PHP names functions and files in some, "too few arguments to …". */
    private static function message(\Throwable $e): string
    {
        $message = $e->getMessage();
        if (preg_match('~://|/\./|\{closure:\{~', $message) !== 1) {
            return $message;
        }
        foreach (array_slice($e->getTrace(), 0, self::MAX_FRAMES) as $frame) {
            $file = $frame['file'] ?? '';
            $names = [$frame['function'] => SourcePlace::function($frame['function'])];
            $names += $file === '' ? [] : [$file => SourcePlace::of($file, 0)->file];
            foreach ($names as $name => $shown) {
                $message = $name === $shown ? $message : str_replace((string) $name, $shown, $message);
            }
        }
        return $message;
    }

    /** @param array<string, mixed> $frame of a trace */
    private static function call(array $frame): string
    {
        $frame += ['class' => '', 'type' => ''];
        $name = self::className($frame['class']) . $frame['type'] . SourcePlace::function($frame['function']);
        return self::text($name, 512) . '()';
    }

    /** @param array<string, mixed> $frame of a trace */
    private static function at(array $frame): string
    {
        if (!isset($frame['file'])) {
            return '[internal]';
        }
        $line = $frame['line'] ?? 0;
        $place = SourcePlace::of($frame['file'], $line);
        return "{$place->file}({$place->line})";
    }

    /** @return array{string, int} */
    private static function place(string $file, int $line): array
    {
        $place = SourcePlace::of($file, $line);
        return [$place->file, $place->line];
    }

    /** The name of an anonymous class goes on, after a zero byte, with the path of its file. */
    private static function className(string $class): string
    {
        return self::text(explode("\0", $class, 2)[0], 255);
    }
}
