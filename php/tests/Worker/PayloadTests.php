<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;


/**
 * The forms in which work arrives.
 */
trait PayloadTests
{
    /** What version 3 of opis/closure made of `static fn(int $x): int => $n + $x`. */
    private static string $opis3 = 'C:32:"Opis\Closure\SerializableClosure":169:{a:5:{s:3:"use";a:1:{s:1:"n";i:20;}'
        . 's:8:"function";s:33:"static fn(int $x): int => $n + $x";s:5:"scope";N;s:4:"this";N;'
        . 's:4:"self";s:32:"00000000000000020000000000000000";}}';

    public function testArgumentsAreConvertedForClosuresOfFilesWithoutStrictTypesOnly(): void
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite');
        file_put_contents($file, '<?php return static fn(int $n): int => $n + 1;');
        $loose = include $file;
        $payload = (new \B7s\Parallite\TaskPayload())->of($loose, ['2']);
        unlink($file);
        $strict = (new \B7s\Parallite\TaskPayload())->of(static fn(int $n): int => $n + 1, ['2']);

        self::assertSame(3, self::ask(['payload' => $payload])['result']);
        self::assertSame('TypeError', self::ask(['payload' => $strict])['class']);
    }

    /** @dataProvider languages */
    public function testRunsAClosureWithWhatItCaptured(string $library, string $encoding): void
    {
        $factor = 3;
        $add = static fn(int $n): int => $n + 1;
        $task = static fn(): int => $add(4) * $factor;

        self::assertSame(['ok' => true, 'result' => 15], self::perform($task, $library, $encoding));
        $base64 = base64_encode(self::payload($task, $library));
        self::assertSame(['ok' => true, 'result' => 15], self::ask(['payload' => $base64], $encoding));
    }

    /** @dataProvider languages */
    public function testTakesCapturedTextForTextWhateverItLooksLike(string $library, string $encoding): void
    {
        $texts = [self::$opis3, 'O:16:"Opis\Closure\Box":1:{s:4:"body";s:9:"', str_repeat('s:8:"function";', 10_000)];
        foreach ($texts as $text) {
            $reply = self::perform(static fn(): string => md5($text), $library, $encoding);
            self::assertSame(['ok' => true, 'result' => md5($text)], $reply);
        }
    }

    /** @dataProvider languages */
    public function testPassesAContextThatIsNotEmpty(string $library, string $encoding): void
    {
        $task = static fn(mixed ...$arguments): array => $arguments;

        foreach ([['a' => 1], [1, 2], 'text', 5, 0, false] as $context) {
            $reply = self::perform($task, $library, $encoding, ['context' => $context]);
            self::assertSame([$context], $reply['result']);
        }
        foreach ([[], null, ''] as $nothing) {
            self::assertSame([], self::perform($task, $library, $encoding, ['context' => $nothing])['result']);
        }
    }

    /** @dataProvider encodings */
    public function testCallsByName(string $encoding): void
    {
        self::assertSame('ABC', self::perform('strtoupper', '', $encoding, ['context' => 'abc'])['result']);
        self::assertSame('ABC', self::perform('\strtoupper', '', $encoding, ['context' => 'abc'])['result']);
        self::assertSame('UTC', self::perform('DateTimeZone::listIdentifiers', '', $encoding)['result'][418] ?? 'UTC');
        self::assertFailed('EXCEPTION', 'expects exactly 1 argument', self::perform('strtoupper', '', $encoding));
        foreach (['no_such_function', 'DateTime::no_such', 'NoClass::method', 'rm -rf', '', '::'] as $name) {
            self::assertFailed('INVALID_PAYLOAD', 'neither a serialized closure', self::perform($name, '', $encoding));
        }
    }

    /** @dataProvider encodings */
    public function testCallsSerializedCallables(string $encoding): void
    {
        $invokable = static fn(object $object): array => ['payload' => serialize($object), 'context' => 'x'];
        $include = tempnam(sys_get_temp_dir(), 'parallite');
        file_put_contents($include, '<?php if (!class_exists("Shout", false)) { class Shout { public string $mark = "!";
            public function __invoke(string $s): string { return strtoupper($s) . $this->mark; }
            public static function twice(string $s): string { return $s . $s; } } }');
        require_once $include;
        self::forget();
        self::$worker = static::start(self::including($include));

        self::assertSame('X!', self::ask($invokable(new \Shout()), $encoding)['result']);
        $static = ['payload' => serialize(['Shout', 'twice']), 'context' => 'x'];
        self::assertSame('xx', self::ask($static, $encoding)['result']);
        self::assertSame('xx', self::ask(['payload' => 'Shout::twice', 'context' => 'x'], $encoding)['result']);
        self::assertFailed('INVALID_PAYLOAD', 'cannot be called', self::ask(['payload' => serialize([1])], $encoding));
        unlink($include);
        self::forget();
    }

    /** @return array<string, array{mixed, string}> */
    public static function badPayloads(): array
    {
        return [
            'not a string' => [['type' => 'simple'], 'must be a string'],
            'a number' => [5, 'must be a string'],
            'damaged' => ['O:47:"Laravel\SerializableClosure\Seri', 'cannot be unserialized'],
            'unknown class' => ['O:9:"NoSuchOne":0:{}', 'class NoSuchOne is not known to the worker'],
            'not callable' => ['O:8:"stdClass":0:{}', 'stdClass, which cannot be called'],
            'base64 of nothing' => [base64_encode('hello there'), 'neither'],
        ];
    }

    /** @dataProvider badPayloads */
    public function testRefusesABadPayload(mixed $payload, string $message): void
    {
        foreach (['json', 'msgpack'] as $encoding) {
            self::assertFailed('INVALID_PAYLOAD', $message, self::ask(['payload' => $payload], $encoding));
        }
    }

    /** @dataProvider languages */
    public function testRefusesAClosureWhoseSourceDoesNotParse(string $library, string $encoding): void
    {
        $payload = self::payload(static fn() => 'a+b', $library);

        $reply = self::ask(['payload' => str_replace("'a+b'", 'a + +;', $payload)], $encoding);

        self::assertFalse($reply['ok']);
        self::assertSame('INVALID_PAYLOAD', $reply['error_code'] ?? $reply);
    }

    /** @dataProvider languages */
    public function testNamesTheClassOfAClosureThatIsUnknownHere(string $library, string $encoding): void
    {
        $payload = self::payload(static fn() => self::class, $library);
        $payload = str_replace('Tests\Worker\WorkerContract', 'Tests\Worker\WorkerNonesuch', $payload);

        $reply = self::ask(['payload' => $payload], $encoding);

        self::assertFailed('INVALID_PAYLOAD', 'php_includes', $reply);
        self::assertMatchesRegularExpression('/WorkerNonesuch(" not found| is not known)/', $reply['error']);
    }

    /** @dataProvider encodings */
    public function testNamesTheLibraryThatTheWorkerLacks(string $encoding): void
    {
        $opis4 = 'O:16:"Opis\Closure\Box":2:{i:0;i:1;i:1;a:0:{}}';
        $payloads = [
            [$opis4, 'opis/closure 4, by which a closure was serialized, is not known to the worker'],
            [base64_encode($opis4), 'opis/closure 4, by which'],
            [self::$opis3, 'opis/closure, by which'],
            [self::payload(static fn() => 1, 'laravel'), 'laravel/serializable-closure, by which'],
            [self::withBearer(self::payload(static fn() => 1, 'laravel')), 'laravel/serializable-closure, by which'],
            [self::withBearer($opis4), 'closures in this value were packed by opis/closure 4, which is not installed here'],
        ];
        self::forget();
        self::$worker = static::start(self::including(), ['-d', 'include_path=.']);
        foreach ($payloads as [$payload, $message]) {
            $reply = self::ask(['payload' => $payload], $encoding);
            self::assertFailed('INVALID_PAYLOAD', $message, $reply);
        }
        self::forget();
    }

    /** A call with a closure among its arguments, as earlier versions of the client have sent it. */
    private static function withBearer(string $packed): string
    {
        $fields = ["\0B7s\Parallite\Wire\ClosureBearer\0packed" => $packed];
        $fields["\0B7s\Parallite\Wire\ClosureBearer\0isGiver"] = false;
        $bearer = 'O:32:"B7s\Parallite\Wire\ClosureBearer"' . substr(serialize($fields), 1);
        return "parallite:1:a:2:{i:0;s:14:\"call_user_func\";i:1;a:1:{i:0;$bearer}}";
    }

    /** @dataProvider encodings */
    public function testRunsTasksOfEarlierClientsWithClosuresAmongTheArguments(string $encoding): void
    {
        $payload = self::withBearer(self::payload(static fn() => 'called', 'laravel'));

        self::assertSame('called', self::ask(['payload' => $payload], $encoding)['result']);
    }

    /** @dataProvider encodings */
    public function testRunsClosuresOfOpis3WithEitherVersion(string $encoding): void
    {
        foreach ([self::$opis3, base64_encode(self::$opis3)] as $payload) {
            $reply = self::ask(['payload' => $payload, 'context' => 22], $encoding);
            self::assertSame(['ok' => true, 'result' => 42], $reply);
        }
    }

    /** @dataProvider encodings */
    public function testRunsCommands(string $encoding): void
    {
        $shell = ['command' => 'echo "$GREETING"; pwd; echo oops >&2; exit 3'];
        $shell += ['cwd' => '/tmp', 'env' => ['GREETING' => 'hi']];
        $expected = ['stdout' => "hi\n/tmp\n", 'stderr' => "oops\n", 'exit_code' => 3];
        self::assertSame(['ok' => true, 'result' => $expected], self::ask($shell, $encoding));

        $list = ['command' => ['printf', '%s', '$HOME; "quoted"']];
        self::assertSame('$HOME; "quoted"', self::ask($list, $encoding)['result']['stdout']);

        self::assertSame(137, self::ask(['command' => 'kill -9 $$'], $encoding)['result']['exit_code']);
        self::assertSame('', self::ask(['command' => 'cat'], $encoding)['result']['stdout']);
        self::assertSame(127, self::ask(['command' => 'no-such-command'], $encoding)['result']['exit_code']);
        $nowhere = self::ask(['command' => 'ls', 'cwd' => '/nowhere'], $encoding);
        self::assertFailed('INVALID_REQUEST', '/nowhere', $nowhere);
        self::assertSame(127, self::ask(['command' => ['no-such-command']], $encoding)['result']['exit_code']);

        $zeros = 'head -c 3000000 /dev/zero | tr "\0" x';
        $large = self::ask(['command' => "$zeros; $zeros >&2"])['result'];
        self::assertSame([3_000_000, 3_000_000], [strlen($large['stdout']), strlen($large['stderr'])]);
    }

    public function testCommandsFindTheirTraceInTheEnvironment(): void
    {
        $trace = '00-' . str_repeat('a', 32) . '-' . str_repeat('b', 16) . '-01';
        $asked = static fn(array $more): string =>
            self::ask(['command' => 'printf %s "$TRACEPARENT"'] + $more)['result']['stdout'];

        self::assertSame($trace, $asked(['traceparent' => $trace]));
        self::assertSame('mine', $asked(['traceparent' => $trace, 'env' => ['TRACEPARENT' => 'mine']]));
        self::assertSame((string) getenv('TRACEPARENT'), $asked(['traceparent' => 'malformed']));
    }

    public function testRunsCommandsWithAThousandFilesOpen(): void
    {
        if (posix_getrlimit()['soft openfiles'] < 1_200) {
            self::markTestSkipped('a process may not open as many files here');
        }
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite-test-');
        file_put_contents($file, '<?php for ($i = 0; $i < 1100; $i++) { $GLOBALS["open"][] = fopen("/dev/null", "r"); }');
        $worker = static::start(self::including($file));
        try {
            $zeros = 'head -c 1000000 /dev/zero | tr "\0" x';
            $reply = $worker->ask(['task_id' => 'c', 'command' => "$zeros; sleep 0.2; $zeros >&2; exit 3"]);
            self::assertSame([1_000_000, 1_000_000, 3], [
                strlen($reply['result']['stdout']), strlen($reply['result']['stderr']), $reply['result']['exit_code'],
            ]);
        } finally {
            $worker->stop();
            unlink($file);
        }
    }

    public function testDoesNotWaitForTheBackgroundProcessesOfACommand(): void
    {
        $reply = self::ask(['command' => 'echo started; sleep 300 & echo $!']);

        self::assertMatchesRegularExpression('/^started\n\d+\n$/', $reply['result']['stdout']);
        self::assertTrue(posix_kill((int) explode("\n", $reply['result']['stdout'])[1], SIGKILL), 'it still runs');
    }

    /** @dataProvider languages */
    public function testMeasuresWhenAsked(string $library, string $encoding): void
    {
        $task = static function (): void {
            $data = str_repeat('x', 4_000_000);
            usleep(20_000);
        };

        $benchmark = self::perform($task, $library, $encoding, ['enable_benchmark' => true])['benchmark'];

        $keys = ['execution_time_ms', 'memory_delta_mb', 'memory_peak_mb', 'cpu_time_ms'];
        self::assertSame($keys, array_keys($benchmark));
        self::assertGreaterThan(19, $benchmark['execution_time_ms']);
        self::assertGreaterThan(3, $benchmark['memory_peak_mb']);
        self::assertArrayNotHasKey('benchmark', self::perform($task, $library, $encoding));
        $throw = static fn() => throw new \Exception('x');
        $failed = self::perform($throw, $library, $encoding, ['enable_benchmark' => true]);
        self::assertSame($keys, array_keys($failed['benchmark']));
    }
}
