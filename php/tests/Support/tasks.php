<?php

/**
 * Tasks for the tests of the client, written outside of any class: workers need not know one.
 */

declare(strict_types=1);

return [
    'answer' => static fn(): int => 42,
    'memory limit' => static fn(): string => (string) ini_get('memory_limit'),
    'echo' => static fn(mixed ...$values): array => $values,
    'named' => static fn(int $x, int $y): array => ['x' => $x, 'y' => $y],
    // ends when as many tasks as this run at the same time
    'waits for others' => static function (string $directory, string $name, int $count): string {
        touch("$directory/$name");
        for ($i = 0; count(glob("$directory/*") ?: []) < $count; $i++) {
            $i < 6_000 || throw new RuntimeException('the others do not come');
            usleep(10_000);
        }
        return $name;
    },
    'shortens' => static fn(string $text, int $to = 3): string => substr($text, 0, $to),
    'item and key' => static fn(string $item, string $key): array => [$key, $item],
    // gives a task that does the same
    'meeting' => static fn(string $directory, string $name, int $count): Closure => static function () use (
        $directory,
        $name,
        $count,
    ): string {
        touch("$directory/$name");
        for ($i = 0; count(glob("$directory/*") ?: []) < $count; $i++) {
            $i < 6_000 || throw new RuntimeException('the others do not come');
            usleep(10_000);
        }
        return $name;
    },
    'slowly' => static function (float $seconds, string $value): string {
        usleep((int) ($seconds * 1e6));
        return $value;
    },
    'when' => static function (): float {
        usleep(50_000);
        return microtime(true);
    },
    'dumps' => static fn() => pd('order', 4711),
    'gives objects' => static fn(): array => [
        'date' => new DateTimeImmutable('2024-02-29 12:30', new DateTimeZone('Europe/Berlin')),
        'object' => (object) ['name' => 'Ada', 'list' => [3 => 'three', 'x' => (object) ['deep' => true]]],
        'mangled' => new class () {
            protected int $hidden = 1;

            public int $seen = 2;
        },
        'whole' => 1.0,
        'numbers' => [NAN, INF, -INF, -0.5],
        'own' => new class () {
            public string $unused = '';

            public function toArray(): array
            {
                return ['from' => 'toArray', 'inner' => (object) ['a' => 1]];
            }
        },
        'binary' => "\xff\0",
    ],
    'gives an enum' => static function (): array {
        enum_exists('OnlyHere', false) || eval('enum OnlyHere: string { case Hearts = "h"; } enum OnlyHereToo { case One; }');
        return [constant('OnlyHere::Hearts'), constant('OnlyHereToo::One')];
    },
    'gives a date' => static fn(): DateTime => new DateTime('2024-02-29', new DateTimeZone('UTC')),
    'gives a number' => static fn(): float => NAN,
    'gives a closure' => static fn(): array => ['with' => [static fn(): int => 1]],
    'gives a resource' => static fn(): array => [1, fopen('php://memory', 'r')],
    'gives a circle' => static function (): object {
        $circle = new stdClass();
        $circle->self = $circle;
        return $circle;
    },
    // gives a task
    'writes late' => static fn(string $file): Closure => static function () use ($file): void {
        usleep(300_000);
        file_put_contents($file, 'written');
    },
    'names of functions' => static fn(): array => array_map(
        'function_exists',
        ['async' => 'async', 'await' => 'await', 'pd' => 'pd'],
    ),
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
    'notes' => static fn(string $file, string $note): int|false => file_put_contents($file, "$note\n", FILE_APPEND),
    'third time' => static function (string $file): int {
        file_put_contents($file, '.', FILE_APPEND);
        clearstatcache();
        return filesize($file) === 3 ? 3 : throw new RuntimeException('try ' . filesize($file));
    },
    'exits the first time' => static fn(string $file): string => file_exists($file) ? 'alive' : exit((int) touch($file)),
    'pid of the daemon' => static fn(): int => (new B7s\Parallite\Client())->ping()['pid'],
    'depth' => (static function (): Closure {
        $depth = static function (int $levels, int $width) use (&$depth): int {
            return $levels === 0
                ? 0
                : 1 + max((new B7s\Parallite\Client())->map(array_fill(0, $width, $levels - 1), static fn(int $left): int => $depth($left, $width)));
        };
        return $depth;
    })(),
    'submits and sleeps' => static function (Closure $task, string $file): int {
        $future = (new B7s\Parallite\Client())->submit($task, [$file, 1]);
        sleep(60);
        return $future->await();
    },
    'itself' => static fn(): array => [
        B7s\Parallite\Task::id(),
        B7s\Parallite\Task::name(),
        B7s\Parallite\Task::context(),
        B7s\Parallite\Task::deadline(),
    ],
    'traceparent' => static fn(): ?string => B7s\Parallite\Task::traceparent(),
    'traceparents' => static fn(Closure $inner): array => [
        B7s\Parallite\Task::traceparent(),
        (new B7s\Parallite\Client())->run($inner),
        (new B7s\Parallite\Client())->submit($inner, traceparent: '00-' . str_repeat('c', 32) . '-' . str_repeat('d', 16) . '-00')->await(),
    ],
    'sleeps' => static fn() => sleep(60),
    'throws an unknown' => static function (): never {
        echo 'printed before';
        eval('class OnlyInTheWorker extends Exception {}');
        throw new OnlyInTheWorker('only there', 7, new LogicException('cause'));
    },
    'generator' => static function (): Generator {
        yield 1;
    },
    'types' => static function (mixed $value): array {
        return [$value, new DateTimeImmutable('2024-02-29 10:00 Europe/Lisbon'), NAN, INF, 'binary' => "\xff\0\xfe"];
    },
    'giver' => static function (int $x): Closure {
        return static fn(int $y): int => $x * $y;
    },
    'call' => static fn(Closure $f, int ...$args): int => $f(...$args),
    'double' => static fn(int $x): int => 2 * $x,
    'pair' => static fn(mixed $value, mixed $key): string => "$key=$value",
    'after' => static function (int $ms, mixed $key = null): int {
        usleep($ms * 1000);
        return $ms;
    },
    'after file' => static function (string $file, mixed $value): mixed {
        for ($i = 0; !file_exists($file); $i++) {
            $i < 120_000 || throw new RuntimeException("$file does not come");
            usleep(5_000);
            clearstatcache();
        }
        return $value;
    },
    'same' => static fn(mixed $value): mixed => $value,
    'sleeps' => static fn(): int => sleep(60),
    'opens on two' => static fn(int $x): mixed => $x === 2 ? fopen('php://memory', 'r') : $x,
    'exits on two' => static fn(int $x): int => $x === 2 ? exit(3) : $x,
    'fails on two' => static fn(int $x): int => $x === 2 ? throw new RangeException("not $x") : $x,
    'reports' => static function (): string {
        for ($i = 1; $i <= 4; $i++) {
            B7s\Parallite\Task::progress($i / 4, "step $i");
            B7s\Parallite\Task::emit(['step' => $i, 'at' => new DateTimeImmutable('2024-01-01')]);
            usleep(1_000);
        }
        return 'reported';
    },
    'until cancelled' => static function (string $file): string {
        while (!B7s\Parallite\Task::isCancelled()) {
            usleep(1_000);
        }
        file_put_contents($file, 'cleaned up');
        return 'gave up';
    },
];
