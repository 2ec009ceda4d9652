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
        $cases = [
            [['type' => 'simple', 'message' => 'hi'], null, 'hi'],
            [[], null, 'ok'],
            [['type' => 'computation', 'numbers' => [1, 2, 3.5]], null, 6.5],
            [['type' => 'computation'], ['operation' => 'max', 'numbers' => [1, 5]], 5],
            [['type' => 'batch', 'items' => [1, 'a', null]], null, [2, 'A', null]],
        ];
        $worker = static::start(options: ['-n'], script: dirname(__DIR__, 2) . '/test_worker.php');
        try {
            foreach ($cases as [$payload, $context, $result]) {
                foreach ([$payload === [] ? '{}' : $payload, json_encode($payload, JSON_FORCE_OBJECT)] as $form) {
                    $reply = $worker->ask(['task_id' => 'a', 'payload' => $form, 'context' => $context]);
                    self::assertSame(['task_id' => 'a', 'ok' => true, 'result' => $result], $reply);
                }
            }
            foreach (['nonsense', ['type' => 'other'], ['type' => 'computation'], ['type' => 'batch']] as $payload) {
                $reply = $worker->ask(['task_id' => 'a', 'payload' => $payload]);
                self::assertSame('INVALID_PAYLOAD', $reply['error_code']);
            }
        } finally {
            $worker->stop();
        }
    }
}
