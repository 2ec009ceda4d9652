<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Throwable;
use WeakMap;

/**
 * What is known of the failure of a task besides the exception that is thrown here in its place.
 */
final class TaskFailure
{
    /** Fields of a reply, by the names that people see. */
    private const FIELDS = [
        'task_id' => 'task_id',
        'error_code' => 'error_code',
        'remote_class' => 'class',
        'remote_file' => 'file',
        'remote_line' => 'line',
        'remote_trace' => 'trace',
        'output' => 'output',
    ];

    /** @var ?WeakMap<Throwable, array<string, scalar>> contexts of the failures that programs still have */
    private static ?WeakMap $known = null;

    private function __construct()
    {
    }

    /**
     * What a log says besides the message, as far as it is known: `task_id`, `error_code`; of the exception in the worker
     * `remote_class`, `remote_file`, `remote_line` and `remote_trace` (one line for each frame, no arguments); `output`,
     * what the task printed (64 KiB at most); `submitted_at`, the place of the call (`file:line`).
     *
     * @return array<string, scalar> empty for what is not the failure of a task
     */
    public static function contextOf(Throwable $e): array
    {
        return self::$known[$e] ?? [];
    }

    /**
     * @internal
     * @param array<array-key, mixed> $reply that said so
     */
    public static function note(Throwable $e, array $reply, ?Origin $origin): void
    {
        self::$known ??= new WeakMap();
        self::$known[$e] = self::contextIn($reply)
            + ($origin === null ? [] : ['submitted_at' => "{$origin->file}:{$origin->line}"]);
    }

    /**
     * @internal
     * @param array<array-key, mixed> $reply
     * @return array<string, scalar>
     */
    public static function contextIn(array $reply): array
    {
        $context = [];
        foreach (self::FIELDS as $name => $field) {
            $value = $reply[$field] ?? '';
            if (is_scalar($value) && $value !== '') {
                $context[$name] = $value;
            }
        }
        return $context;
    }
}
