<?php

declare(strict_types=1);

namespace B7s\Parallite\Testing;

use B7s\Parallite\TaskOptions;
use Closure;
use ReflectionFunction;

/**
 * A task that was given to a {@see FakeClient}.
 */
final class RecordedTask
{
    /** What was called: "strtoupper", "App\Report::build", or "{closure}". */
    public readonly string $callee;

    /**
     * @param callable $task as it was given
     * @param array<array-key, mixed> $args
     * @param ?string $name that it was given for people
     * @param ?string $traceparent the span that has submitted it
     * @param ?string $pool whose workers were to run it
     */
    public function __construct(
        public readonly string $id,
        public readonly mixed $task,
        public readonly array $args,
        public readonly ?float $timeout,
        public readonly ?string $name,
        public readonly bool $detach,
        public readonly ?bool $isolate = false,
        public readonly string $priority = 'normal',
        public readonly ?float $queueTimeout = null,
        public readonly ?string $traceparent = null,
        public readonly ?string $pool = null,
    ) {
        $this->callee = self::calleeOf($task);
    }

    /**
     * @internal
     * @param array<array-key, mixed> $args
     */
    public static function of(
        string $id,
        callable $task,
        array $args,
        TaskOptions $options,
        ?string $name,
        bool $detach,
        ?string $traceparent,
    ): self {
        return new self(
            $id,
            $task,
            $args,
            $options->timeout,
            $name,
            $detach,
            $options->isolate,
            $options->priority,
            $options->queueTimeout,
            $traceparent,
            $options->pool,
        );
    }

    /**
     * @param string|Closure(self): bool|null $which the name of a callee, the name that was given, with or without the place
     *     behind it ("users@Report.php:12"), or a condition
     */
    public function matches(string|Closure|null $which): bool
    {
        return match (true) {
            $which === null => true,
            is_string($which) => strcasecmp(ltrim($which, '\\'), $this->callee) === 0 || $which === $this->name
                || $this->name !== null && str_starts_with($this->name, "$which@"),
            default => $which($this),
        };
    }

    private static function calleeOf(callable $task): string
    {
        is_callable($task, false, $name);
        if ($name === 'Closure::__invoke') {
            $function = new ReflectionFunction($task(...));
            $class = $function->getClosureScopeClass()?->getName();
            $name = $function->getName();
            return match (true) {
                str_contains($name, '{closure') => '{closure}',
                $class === null => $name,
                default => "$class::$name",
            };
        }
        return ltrim($name, '\\');
    }
}
