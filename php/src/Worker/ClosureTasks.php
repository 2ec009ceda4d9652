<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Codec\ClosureCompiler;

/**
 * Serialized closures, names of callables, and commands.
 */
final class ClosureTasks implements Tasks
{
    public function __construct(
        private readonly PayloadDecoder $payloads = new PayloadDecoder(),
        private readonly CommandRunner $commands = new CommandRunner(),
    ) {
    }

    public function codeOf(Request $request, ?TaskEvents $events = null): callable
    {
        $command = $request->command;
        if ($command !== null) {
            $trace = $request->traceparent === null ? [] : ['TRACEPARENT' => $request->traceparent];
            return fn(): array => $this->commands->run($command, $request->cwd, $request->env + $trace, $events);
        }
        [$callable, $arguments] = $this->payloads->decode($request->payload);
        if ($arguments !== null) {
            return self::call($callable, $arguments);
        }
        $context = $request->context;
        if ($context === null || $context === [] || $context === '') {
            return $callable;
        }
        return self::call($callable, [$context]);
    }

    /** @param array<array-key, mixed> $arguments */
    private static function call(callable $callable, array $arguments): \Closure
    {
        return $callable instanceof \Closure && ClosureCompiler::isLoose($callable)
            ? LooseCall::of($callable, $arguments)
            : static fn(): mixed => $callable(...$arguments);
    }
}
