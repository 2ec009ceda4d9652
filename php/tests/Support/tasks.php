<?php

/**
 * Tasks for the tests of the client, written outside of any class: workers need not know one.
 */

declare(strict_types=1);

return [
    'answer' => static fn(): int => 42,
    'echo' => static fn(mixed ...$values): array => $values,
    'named' => static fn(int $x, int $y): array => ['x' => $x, 'y' => $y],
    'slowly' => static function (float $seconds, string $value): string {
        usleep((int) ($seconds * 1e6));
        return $value;
    },
    'when' => static function (): float {
        usleep(50_000);
        return microtime(true);
    },
    'dumps' => static fn() => pd('order', 4711),
    'prints' => static function (): string {
        echo 'printed';
        return 'done';
    },
    'throws' => static function (): never {
        echo 'printed before';
        throw new DomainException('no such order', 404, new LogicException('cause'));
    },
    'exits' => static fn() => exit(3),
    'fatal' => static fn() => trigger_error('fatal', E_USER_ERROR),
    'killed' => static fn() => posix_kill(posix_getpid(), SIGKILL),
    'sleeps' => static fn() => sleep(60),
    'throws an unknown' => static function (): never {
        echo 'printed before';
        eval('class OnlyInTheWorker extends Exception {}');
        throw new OnlyInTheWorker('only there', 7, new LogicException('cause'));
    },
    'generator' => static function (): Generator {
        yield 1;
    },
];
