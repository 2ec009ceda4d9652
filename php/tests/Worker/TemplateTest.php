<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\TaskPayload;
use B7s\Parallite\Tests\Support\TemplateProcess;
use PHPUnit\Framework\TestCase;

/**
 * A worker that has booted and forks others.
 */
final class TemplateTest extends TestCase
{
    private ?TemplateProcess $template = null;

    protected function setUp(): void
    {
        if (!function_exists('pcntl_fork') || !is_dir('/proc/self/fd')) {
            self::markTestSkipped('needs pcntl and /proc');
        }
    }

    protected function tearDown(): void
    {
        $this->template?->end();
    }

    private function start(string $bootstrap = '', string ...$options): TemplateProcess
    {
        $this->template = TemplateProcess::start($bootstrap, ...$options);
        if (str_contains($this->template->nature['objection'] ?? '', 'holds standard output')) {
            self::markTestSkipped($this->template->nature['objection']);
        }
        return $this->template;
    }

    /** @return array<string, list<string>> options of PHP */
    public static function waysToFork(): array
    {
        return ['by system call where that is possible' => [], 'through a process in between' => ['-d', 'ffi.enable=0']];
    }

    /** @dataProvider waysToFork */
    public function testForksWorkersThatRunTasks(string ...$options): void
    {
        $workers = $this->start('', ...$options)->fork(3);

        self::assertCount(3, $workers);
        foreach ($workers as $pid => $channel) {
            self::assertSame($pid, TemplateProcess::run($channel, 'getmypid')['result']);
            self::assertSame($pid, TemplateProcess::run($channel, 'posix_getpgrp')['result'], 'a session of its own');
        }
    }

    public function testForksAgainAndAgain(): void
    {
        $template = $this->start();

        $all = [];
        for ($i = 0; $i < 5; $i++) {
            $all += $template->fork(2);
        }

        self::assertCount(10, $all);
    }

    public function testIsTheSiblingOfItsForks(): void
    {
        [$channel] = array_values($this->start()->fork(1));
        if (!extension_loaded('ffi')) {
            self::markTestSkipped('needs ext-ffi');
        }

        self::assertSame(getmypid(), TemplateProcess::run($channel, 'posix_getppid')['result']);
    }

    /** @dataProvider waysToFork */
    public function testGivesEachForkAnOutputOfItsOwn(string ...$options): void
    {
        $template = $this->start(<<<'PHP'
            function prints(): string { echo 'e'; fwrite(STDOUT, 's'); system('printf c'); return getenv('WORKER_NAME'); }
            function child(): string {
                proc_close(proc_open(['printf', 'child'], [1 => STDOUT, 2 => STDERR], $pipes));
                return 'done';
            }
            function kinds(): array {
                return [is_resource(STDIN), stream_isatty(STDOUT), is_array(fstat(STDERR)), fopen('php://stdout', 'w') !== false];
            }
            PHP, ...$options);
        foreach (array_values($template->fork(2)) as $index => $channel) {
            $reply = TemplateProcess::run($channel, 'prints');
            self::assertSame('work-' . ($index + 1), $reply['result']);
            self::assertSame(['c', 'e', 's'], self::sorted($reply['output']));
            self::assertSame('child', TemplateProcess::run($channel, 'child')['output']);
            self::assertSame([true, false, true, true], TemplateProcess::run($channel, 'kinds')['result']);
        }
    }

    /** @dataProvider waysToFork */
    public function testHasEachForkMarkItsTasksInItsOwnStandardError(string ...$options): void
    {
        $template = $this->start('function says(): void { fwrite(STDERR, getenv("WORKER_NAME")); }', ...$options);
        foreach (array_values($template->fork(2)) as $index => $channel) {
            $number = $index + 1;
            $marked = "\0mark-$number\0\x08run sayswork-$number";
            TemplateProcess::run($channel, 'says');
            TemplateProcess::run($channel, 'says');

            self::assertSame($marked . $marked, $template->stderrOf($index));
        }
        self::assertStringNotContainsString("\0", $template->stderr());
    }

    /** @return list<string> */
    private static function sorted(string $text): array
    {
        $characters = str_split($text);
        sort($characters);
        return $characters;
    }

    public function testGivesEachForkRandomNumbersOfItsOwn(): void
    {
        $template = $this->start(
            'mt_srand(5); mt_rand(); lcg_value(); function draws(): array { return [mt_rand(), lcg_value(), uniqid("", true)]; }',
        );
        $drawn = array_map(
            static fn(mixed $channel): array => TemplateProcess::run($channel, 'draws')['result'],
            $template->fork(4),
        );

        foreach ([0, 1, 2] as $kind) {
            self::assertCount(4, array_unique(array_map(strval(...), array_column($drawn, $kind))));
        }
    }

    public function testTellsWhatForksWouldShare(): void
    {
        $template = $this->start('$GLOBALS["log"] = fopen(sys_get_temp_dir() . "/plt-shared.log", "w");');

        self::assertArrayNotHasKey('objection', $template->nature);
        self::assertStringEndsWith('/plt-shared.log', $template->nature['open'][0]);
        unlink($template->nature['open'][0]);
    }

    public function testObjectsToBeingForkedWithAnOpenSocket(): void
    {
        $opens = '$GLOBALS["pair"] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);';

        self::assertStringContainsString('2 sockets open', $this->start($opens)->nature['objection']);
        $this->template?->end();
        $careful = $this->start("$opens B7s\\Parallite\\Worker\\Hooks::afterFork(fn() => 1);");
        self::assertArrayNotHasKey('objection', $careful->nature);
    }

    public function testLooksForSocketsAfterHooksHaveClosedThem(): void
    {
        $opens = '$GLOBALS["pair"] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);';
        $closing = $this->start("$opens B7s\\Parallite\\Worker\\Hooks::beforeFork(function () { \$GLOBALS['pair'] = null; });");

        self::assertSame(['type' => 'template', 'open' => []], $closing->nature);
        $this->template?->end();
        $half = $this->start("$opens B7s\\Parallite\\Worker\\Hooks::beforeFork(function () { \$GLOBALS['pair'][0] = null; });");
        self::assertStringContainsString('1 socket open', $half->nature['objection']);
    }

    public function testRunsHooksAroundTheFork(): void
    {
        $template = $this->start(<<<'PHP'
            $GLOBALS['seen'] = [];
            function seen(): array { return $GLOBALS['seen']; }
            return [
                'beforeFork' => function () { $GLOBALS['seen'][] = 'before in ' . getmypid(); },
                'afterFork' => function () { $GLOBALS['seen'][] = 'after in ' . getmypid(); },
            ];
            PHP);

        foreach ($template->fork(2) as $pid => $channel) {
            [$before, $after] = TemplateProcess::run($channel, 'seen')['result'];
            self::assertStringStartsWith('before in ', $before);
            self::assertNotSame("before in $pid", $before);
            self::assertSame("after in $pid", $after);
        }
    }

    public function testRunsNoHookOfTasksBeforeTheFirstTask(): void
    {
        $template = $this->start(<<<'PHP'
            $GLOBALS['hooks'] = [];
            function hooks(): array { return $GLOBALS['hooks']; }
            return [
                'beforeTask' => function (string $id) { $GLOBALS['hooks'][] = "before $id"; },
                'afterTask' => function (string $id) { $GLOBALS['hooks'][] = "after $id"; },
            ];
            PHP);
        [$channel] = array_values($template->fork(1));

        self::assertSame(['before run hooks'], TemplateProcess::run($channel, 'hooks')['result']);
        self::assertCount(3, TemplateProcess::run($channel, 'hooks')['result']);
    }

    public function testForksHaveTheCodeThatAClosureNeeds(): void
    {
        [$channel] = array_values($this->start()->fork(1));
        $payload = (new TaskPayload())->of(\Closure::bind(static fn(): int => 42, null, null), []);

        $loaded = static fn(): array => preg_grep('~/src/~', TemplateProcess::run($channel, 'get_included_files')['result']);
        $before = $loaded();
        self::assertSame(42, TemplateProcess::run($channel, $payload)['result']);
        self::assertSame($before, $loaded());
    }

    public function testPutsBackInAForkWhatIsItsOwn(): void
    {
        $template = $this->start(<<<'PHP'
            function changes(): void {
                putenv('WORKER_NAME=changed');
                putenv('ADDED=1');
                $_SERVER['WORKER_NAME'] = 'changed';
            }
            function look(): array {
                return [getenv('WORKER_NAME'), getenv('ADDED'), $_SERVER['WORKER_NAME'], $_ENV['WORKER_NAME'] ?? null];
            }
            PHP);
        foreach (array_values($template->fork(2)) as $index => $channel) {
            TemplateProcess::run($channel, 'changes');
            $name = 'work-' . ($index + 1);
            self::assertSame([$name, false, $name, $name], TemplateProcess::run($channel, 'look')['result']);
        }
    }

    public function testKeepsInAForkWhatHooksHaveSetForIt(): void
    {
        $template = $this->start(<<<'PHP'
            function look(): array {
                return [date_default_timezone_get(), ini_get('precision'), getenv('OF_FORK') === (string) getmypid(), set_error_handler(null) !== null];
            }
            return ['afterFork' => function () {
                date_default_timezone_set('Asia/Tokyo');
                ini_set('precision', '7');
                putenv('OF_FORK=' . getmypid());
                set_error_handler(fn () => false);
            }];
            PHP);
        [$channel] = array_values($template->fork(1));

        for ($i = 0; $i < 3; $i++) {
            self::assertSame(['Asia/Tokyo', '7', true, true], TemplateProcess::run($channel, 'look')['result']);
        }
    }

    public function testAnIsolatedTaskIsTheOnlyOneOfItsFork(): void
    {
        $template = $this->start(<<<'PHP'
            file_put_contents(__DIR__ . '/log', '');
            return [
                'afterFork' => fn () => putenv('OF_FORK=1'),
                'afterTask' => fn (string $id) => file_put_contents(__DIR__ . '/log', "after $id ", FILE_APPEND),
                'betweenTasks' => fn (string $id) => file_put_contents(__DIR__ . '/log', "between $id ", FILE_APPEND),
            ];
            PHP);
        foreach (['task', 'auto', 'none'] as $isolation) {
            [$channel] = array_values($template->fork(1));
            $reply = TemplateProcess::run($channel, 'getmypid', ['isolation' => $isolation]);
            self::assertTrue($reply['ok']);
            self::assertArrayNotHasKey('worker_ends', $reply);
            if ($isolation !== 'none') {
                self::assertSame('', (string) stream_get_contents($channel), 'it has ended');
            }
        }
        self::assertTrue(TemplateProcess::run($channel, 'phpversion')['ok']);
        $log = (string) file_get_contents("$template->directory/log");
        self::assertStringStartsWith('after run getmypid after run getmypid after run getmypid between run getmypid ', $log);
    }

    public function testDestroysInNoForkWhatTheBootHasMade(): void
    {
        $template = $this->start(<<<'PHP'
            class Held { public function __destruct() { fwrite(STDERR, 'destroyed in ' . getmypid()); } }
            $GLOBALS['held'] = new Held();
            function leaves(): never { exit(3); }
            PHP);
        [$channel] = array_values($template->fork(1));

        self::assertSame('EXITED', TemplateProcess::run($channel, 'leaves')['error_code']);
        self::assertSame('', (string) stream_get_contents($channel), 'it has ended');
        self::assertStringNotContainsString('destroyed', $template->stderr());
    }

    public function testEndsWithTheDaemon(): void
    {
        $template = $this->start();
        $this->template = null;

        self::assertSame(0, $template->end());
    }
}
