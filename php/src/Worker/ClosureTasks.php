<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

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
            return fn(): array => $this->commands->run($command, $request->cwd, $request->env, $events);
        }
        [$callable, $arguments] = $this->payloads->decode($request->payload);
        if ($arguments !== null) {
            return static fn(): mixed => $callable(...$arguments);
        }
        $context = $request->context;
        if ($context === null || $context === [] || $context === '') {
            return $callable;
        }
        return static fn(): mixed => $callable($context);
    }
}
