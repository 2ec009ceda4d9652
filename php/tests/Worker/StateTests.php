<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

/**
 * What a task changes is put back; the check itself is the contract's tearDown(), which runs a clean task.
 */
trait StateTests
{
    /** @dataProvider languages */
    public function testPutsBackWhatATaskChanged(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): int {
            chdir('/tmp');
            umask(0);
            date_default_timezone_set('Asia/Tokyo');
            setlocale(LC_ALL, 'C.UTF-8');
            mb_internal_encoding('ISO-8859-1');
            ini_set('memory_limit', '1G');
            ini_set('precision', '3');
            error_reporting(0);
            set_time_limit(1);
            putenv('PARALLITE_TEST=1');
            putenv('WORKER_NAME');
            $_SERVER['leak'] = $_GET['leak'] = 1;
            set_error_handler(static fn() => true);
            set_error_handler(static fn() => false);
            set_exception_handler(static fn() => null);
            pcntl_async_signals(true);
            pcntl_signal(SIGTERM, static fn() => null);
            pcntl_signal(SIGALRM, SIG_IGN);
            pcntl_alarm(1);
            ob_start();
            return 1;
        }, $library, $encoding);

        self::assertSame(['ok' => true, 'result' => 1], $reply);
        $next = self::perform(static fn() => [getenv('WORKER_NAME'), mb_internal_encoding(), pcntl_alarm(0)]);
        self::assertSame(['work-1', 'UTF-8', 0], $next['result']);
    }

    public function testPutsBackWhatExtensionsKeep(): void
    {
        $state = static fn(): array => [
            mb_substitute_character(), mb_detect_order(), mb_http_output(), mb_regex_encoding(), mb_language(),
            libxml_use_internal_errors(), count(libxml_get_errors()), libxml_get_external_entity_loader(),
            headers_list(), session_status(), isset($_SESSION), gc_enabled(), get_include_path(),
            ini_get('zend.enable_gc'), ignore_user_abort(), (string) ini_get('assert.exception'),
        ];
        $before = self::perform($state)['result'];
        self::perform(static function (): void {
            mb_substitute_character('none');
            mb_detect_order('ASCII');
            mb_http_output('ISO-8859-1');
            mb_regex_encoding('EUC-JP');
            mb_language('Japanese');
            libxml_use_internal_errors(true);
            (new \DOMDocument())->loadXML('<a>');
            libxml_set_external_entity_loader(static fn() => null);
            header('X-Leak: 1');
            $_SESSION = ['leak' => 1];
            gc_disable();
            set_include_path('/nowhere');
            ignore_user_abort(true);
        });
        self::assertSame($before, self::perform($state)['result']);
    }

    public function testLetsSignalsThroughThatATaskHeldBack(): void
    {
        self::perform(static fn() => pcntl_sigprocmask(SIG_BLOCK, [SIGTERM, SIGUSR2]));
        $blocked = self::perform(static function (): array {
            pcntl_sigprocmask(SIG_BLOCK, [SIGKILL], $blocked);
            return $blocked;
        });
        self::assertSame([], $blocked['result']);
    }

    public function testASeedOfATaskDoesNotMakeTheNextOneForeseeable(): void
    {
        $seeded = static function (): int {
            mt_srand(42);
            return mt_rand();
        };
        $first = self::perform($seeded)['result'];
        mt_srand(42);
        self::assertSame(mt_rand(), $first, 'within the task the seed holds');
        $second = mt_rand();
        self::assertNotSame($second, self::perform(static fn() => mt_rand())['result']);
    }

    public function testASeedThatATaskLeavesIsGone(): void
    {
        $draw = static fn(): int => mt_rand();
        foreach ([1, 2] as $_) {
            self::assertTrue(self::perform('phpversion')['ok'], 'after which the generator is as it was');
        }
        self::perform(static fn() => mt_srand(42));
        mt_srand(42);
        self::assertNotSame(mt_rand(), self::perform($draw)['result']);
        self::assertNotSame(self::perform($draw)['result'], self::perform($draw)['result']);
    }

    public function testCyclesThatATaskLeavesAreDestroyedBeforeTheNext(): void
    {
        $leave = static function (): void {
            $cycle = new class {
                public ?object $self;

                public function __destruct()
                {
                    echo 'destroyed too late';
                }
            };
            $cycle->self = $cycle;
        };
        $collect = static fn(): int => gc_collect_cycles();
        for ($i = 0; $i < 20; $i++) {
            self::assertSame(['ok' => true, 'result' => PHP_VERSION], self::perform('phpversion'));
        }
        self::assertSame(['ok' => true, 'result' => null], self::perform($leave));
        self::assertSame(['ok' => true, 'result' => 0], self::perform($collect));
    }

    public function testPutsBackHandlersThatATaskTookAway(): void
    {
        $include = tempnam(sys_get_temp_dir(), 'parallite');
        $handler = 'fn(int $level, string $text) => throw new ErrorException($text)';
        file_put_contents($include, "<?php set_error_handler($handler);");
        $worker = static::start(self::including($include));
        try {
            $take = self::payload(static fn() => restore_error_handler(), 'laravel');
            $warn = self::payload(static fn() => trigger_error('a warning'), 'laravel');
            $worker->ask(['task_id' => 'a', 'payload' => $take]);
            self::assertSame('ErrorException', $worker->ask(['task_id' => 'b', 'payload' => $warn])['class'] ?? null);
            $bad = $worker->ask(['task_id' => 'c', 'payload' => 'O:8:"oh dear']);
            self::assertSame('INVALID_PAYLOAD', $bad['error_code']);
        } finally {
            $worker->stop();
            unlink($include);
        }
    }

    /** @return array<string, array{string}> */
    public static function standardStreams(): array
    {
        return ['STDIN' => ['STDIN'], 'STDOUT' => ['STDOUT'], 'STDERR' => ['STDERR']];
    }

    /** @dataProvider standardStreams */
    public function testReplacesItselfAfterAStandardStreamWasClosed(string $name): void
    {
        $reply = self::perform(static fn() => fclose(constant($name)));

        self::assertSame(['ok' => true, 'result' => true, 'worker_ends' => true], $reply);
        self::assertWorkerEnds();
    }

    public function testShutdownFunctionsOfATaskDoNotDisturbTheNext(): void
    {
        self::assertTrue(self::perform(static fn() => register_shutdown_function(static fn() => print 'late'))['ok']);
        self::assertSame(['ok' => true, 'result' => PHP_VERSION], self::perform('phpversion'));
    }

    public function testMemoryStaysFlat(): void
    {
        $use = static function (): int {
            $data = range(1, 20_000);
            $cycle = new \stdClass();
            $cycle->self = $cycle;
            $cycle->data = $data;
            return memory_get_usage();
        };
        for ($i = 0; $i < 20; $i++) {
            $before = self::perform($use)['result'];
        }
        for ($i = 0; $i < 300; $i++) {
            $after = self::perform($use)['result'];
        }
        // the closure libraries keep a little of each closure; data must go
        self::assertLessThan(1_500_000, $after - $before);
    }
}
