<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

/**
 * test_worker.php: the same worker, with tasks that need no closures and no extensions.
 */
trait TestWorkerTests
{
    public function testTheTestWorkerComputesWithoutClosures(): void
    {
        $processed = static fn(array $fields): array => $fields + ['worker' => 'work-1', 'time' => null];
        $done = 'Task processed successfully';
        $cases = [
            [['type' => 'simple', 'data' => 'hi'], null, $processed(['message' => $done, 'data' => 'hi'])],
            [[], null, $processed(['message' => $done, 'data' => null])],
            [['type' => 'other'], null, $processed(['message' => 'Task of the unknown type "other" processed', 'data' => null])],
            [['type' => 'batch', 'index' => 2, 'data' => 'b'], null, $processed(['message' => 'Batch task processed successfully', 'index' => 2, 'data' => 'b'])],
            [['type' => 'computation', 'numbers' => [1, 2, 3.5]], null, ['operation' => 'sum', 'numbers' => [1, 2, 3.5], 'result' => 6.5]],
            [['type' => 'computation'], ['operation' => 'max', 'numbers' => [1, 5]], ['operation' => 'max', 'numbers' => [1, 5], 'result' => 5]],
            [['type' => 'batch', 'items' => [1, 'a', null]], null, [2, 'A', null]],
        ];
        $worker = static::start(options: ['-n'], script: dirname(__DIR__, 2) . '/test_worker.php');
        try {
            foreach ($cases as [$payload, $context, $result]) {
                foreach ([$payload === [] ? '{}' : $payload, json_encode($payload, JSON_FORCE_OBJECT)] as $form) {
                    $reply = $worker->ask(['task_id' => 'a', 'payload' => $form, 'context' => $context]);
                    $time = $reply['result']['time'] ?? null;
                    self::assertEqualsWithDelta(time(), strtotime($time ?? 'now'), 60);
                    self::assertEquals($time === null ? $result : ['time' => $time] + $result, $reply['result'] ?? $reply);
                }
            }
            $bad = [['type' => 'computation'], ['type' => 'batch', 'items' => 'none']];
            foreach (['nonsense', ['type' => 'steps', 'steps' => 0], ...$bad] as $payload) {
                $reply = $worker->ask(['task_id' => 'a', 'payload' => $payload]);
                self::assertSame('INVALID_PAYLOAD', $reply['error_code']);
            }
        } finally {
            $worker->stop();
        }
    }

    public function testTheTestWorkerTakesSteps(): void
    {
        $worker = static::start(options: ['-n'], script: dirname(__DIR__, 2) . '/test_worker.php');
        try {
            $payload = ['type' => 'steps', 'steps' => 3, 'delay_ms' => 1];
            $frame = $worker->ask(['task_id' => 'a', 'payload' => $payload, 'stream' => true]);
            for ($frames = []; isset($frame['event']); $frame = $worker->reply()) {
                $frames[$frame['event']][] = $frame['value'] ?? $frame['fraction'];
            }
            self::assertSame(['emit' => [1, 2, 3], 'progress' => [1 / 3, 1.0]], array_map(array_values(...), $frames));
            self::assertSame(['task_id' => 'a', 'ok' => true, 'result' => 3], $frame);

            $payload = ['type' => 'steps', 'steps' => 1_000, 'delay_ms' => 5];
            $first = $worker->ask(['task_id' => 'b', 'payload' => $payload, 'stream' => true]);
            self::assertSame(1, $first['value']);
            $worker->send($worker->encode(['type' => 'cancel', 'task_id' => 'b']));
            do {
                $frame = $worker->reply();
            } while (isset($frame['event']));
            self::assertLessThan(1_000, $frame['result']);
        } finally {
            $worker->stop();
        }
    }
}
