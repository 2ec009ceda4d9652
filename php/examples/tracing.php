<?php

/**
 * Tasks in the distributed trace of the request that submits them.
 *
 * Usage: php tracing.php [TRACEPARENT]     (default: a new trace)
 *
 * With opentelemetry-php the header is written by
 * `TraceContextPropagator::getInstance()->inject($carrier)`, which reads the active span.
 */

declare(strict_types=1);

use B7s\Parallite\Client;
use B7s\Parallite\Task;

require __DIR__ . '/support/load.php';

$header = $argv[1] ?? sprintf('00-%s-%s-01', bin2hex(random_bytes(16)), bin2hex(random_bytes(8)));

// What tells the span that is active is asked whenever a task is submitted.
$client = new Client(traceparent: fn (): string => $header);

$traceOf = fn (?string $traceparent): string => explode('-', $traceparent ?? '---')[1];
$task = function () use ($traceOf): array {
    // For spans, log lines and HTTP requests of the task's own; tasks that it submits are in the same trace.
    $nested = (new Client())->run(fn (): ?string => Task::traceparent());
    return [$traceOf(Task::traceparent()), $traceOf($nested)];
};
[$own, $nested] = $client->run($task);

echo 'trace of the request:    ', $traceOf($header), "\n";
echo 'trace of the task:       ', $own, "\n";
echo 'trace of a task in that: ', $nested, "\n";
