<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Tasks that need no closures: a payload {"type": "simple" | "computation" | "batch", …}, as a map or as JSON.
 *
 * - simple: gives back `message` (or `data`)
 * - computation: `operation` sum | product | average | max | min | count over `numbers`
 * - batch: `items`, each doubled if it is a number, in upper case if it is a string
 *
 * What the payload lacks is taken from the context.
 */
final class TestTasks implements Tasks
{
    public function codeOf(Request $request): callable
    {
        $payload = $request->payload;
        if (is_string($payload)) {
            $payload = json_decode($payload, true);
        }
        if (!is_array($payload)) {
            throw self::invalid('the payload must be a map with a type, or such a map as JSON');
        }
        $input = $payload + (is_array($request->context) ? $request->context : []);
        return match ($input['type'] ?? 'simple') {
            'simple' => static fn(): mixed => $input['message'] ?? $input['data'] ?? 'ok',
            'computation' => static fn(): int|float => self::compute($input),
            'batch' => static fn(): array => self::batch($input),
            default => throw self::invalid('the type must be simple, computation or batch'),
        };
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
        if (!is_array($items)) {
            throw self::invalid('items must be a list');
        }
        return array_map(static fn(mixed $item): mixed => match (true) {
            is_int($item), is_float($item) => $item * 2,
            is_string($item) => strtoupper($item),
            default => $item,
        }, $items);
    }

    private static function invalid(string $message): TaskRefused
    {
        return new TaskRefused('INVALID_PAYLOAD', $message);
    }
}
