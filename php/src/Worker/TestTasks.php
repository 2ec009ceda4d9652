<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Task;

/**
 * Tasks that need no closures: a payload {"type": "simple" | "computation" | "batch" | "steps" | …}, as a map or as
 * JSON. They answer as the test worker of the Go daemon does.
 *
 * - simple, and any other type: `message`, the `data` (or `message`) of the payload, `worker` and `time`
 * - computation: `operation` sum | product | average | max | min | count over `numbers`; gives both back with `result`
 * - batch: `items`, each doubled if it is a number, in upper case if it is a string; without items as simple, with `index`
 * - steps: takes `steps` (10) steps of `delay_ms` (100), reports progress with each, emits its number, stops when it is
 *   cancelled; gives the number of steps taken
 *
 * What the payload lacks is taken from the context.
 */
final class TestTasks implements Tasks
{
    public function codeOf(Request $request, ?TaskEvents $events = null): callable
    {
        $payload = $request->payload;
        if (is_string($payload)) {
            $payload = json_decode($payload, true);
        }
        if (!is_array($payload)) {
            throw self::invalid('the payload must be a map with a type, or such a map as JSON');
        }
        $input = $payload + (is_array($request->context) ? $request->context : []);
        $type = isset($input['type']) && is_string($input['type']) ? $input['type'] : 'simple';
        return match ($type) {
            'simple' => static fn(): array => self::processed('Task processed successfully', $input),
            'computation' => static fn(): array => self::computation($input),
            'batch' => static fn(): array => self::batch($input),
            'steps' => static fn(): int => self::takeSteps($input),
            default => static fn(): array => self::processed("Task of the unknown type \"$type\" processed", $input),
        };
    }

    /**
     * @param array<array-key, mixed> $input
     * @return array<string, mixed>
     */
    private static function processed(string $message, array $input): array
    {
        return [
            'message' => $message,
            ...(isset($input['index']) ? ['index' => $input['index']] : []),
            'data' => $input['data'] ?? $input['message'] ?? null,
            'worker' => getenv('WORKER_NAME') ?: null,
            'time' => date(DATE_ATOM),
        ];
    }

    /**
     * @param array<array-key, mixed> $input
     * @return array<string, mixed>
     */
    private static function computation(array $input): array
    {
        $result = self::compute($input);
        return ['operation' => $input['operation'] ?? 'sum', 'numbers' => $input['numbers'], 'result' => $result];
    }

    /** @param array<array-key, mixed> $input */
    private static function compute(array $input): int|float
    {
        $numbers = $input['numbers'] ?? null;
        if (!is_array($numbers) || $numbers === [] || array_filter($numbers, is_numeric(...)) !== $numbers) {
            throw self::invalid('numbers must be a list of numbers that is not empty');
        }
        return match ($input['operation'] ?? 'sum') {
            'sum' => array_sum($numbers),
            'product' => array_product($numbers),
            'average' => array_sum($numbers) / count($numbers),
            'max' => max($numbers),
            'min' => min($numbers),
            'count' => count($numbers),
            default => throw self::invalid('the operation must be sum, product, average, max, min or count'),
        };
    }

    /**
     * @param array<array-key, mixed> $input
     * @return array<array-key, mixed>
     */
    private static function batch(array $input): array
    {
        $items = $input['items'] ?? null;
        if ($items === null) {
            return self::processed('Batch task processed successfully', $input);
        }
        if (!is_array($items)) {
            throw self::invalid('items must be a list');
        }
        return array_map(static fn(mixed $item): mixed => match (true) {
            is_int($item), is_float($item) => $item * 2,
            is_string($item) => strtoupper($item),
            default => $item,
        }, $items);
    }

    /** @param array<array-key, mixed> $input */
    private static function takeSteps(array $input): int
    {
        ['steps' => $steps, 'delay_ms' => $delay] = $input + ['steps' => 10, 'delay_ms' => 100];
        if (!is_int($steps) || $steps < 1 || !is_int($delay) || $delay < 0) {
            throw self::invalid('steps must be a number above 0, and delay_ms one that is not negative');
        }
        for ($taken = 0; $taken < $steps && !Task::isCancelled(); $taken++) {
            usleep($delay * 1_000);
            Task::emit($taken + 1);
            Task::progress(($taken + 1) / $steps, 'step ' . ($taken + 1) . " of $steps");
        }
        return $taken;
    }

    private static function invalid(string $message): TaskRefused
    {
        return new TaskRefused('INVALID_PAYLOAD', $message);
    }
}
