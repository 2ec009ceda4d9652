<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Worker\State\Guards;
use B7s\Parallite\Worker\State\LoadedCode;
use B7s\Parallite\Worker\State\NamedCallGuard;
use PHPUnit\Framework\TestCase;

/**
 * The one list of what is put back after a task, and what is looked for in requests and files. What the guards do is
 * tested with workers, by StateTests.
 */
final class GuardsTest extends TestCase
{
    public function testTheReadmeHasTheSameList(): void
    {
        $rows = array_map(static fn(string $guard): string => '| ' . $guard::WHAT . ' | ' . $guard::HOW . ' |', Guards::all());
        $readme = (string) file_get_contents(dirname(__DIR__, 2) . '/README.md');
        $list = strstr($readme, '### What is put back after each task');
        preg_match('/\|---\|---\|\n((?:\|.*\n)+)/', (string) $list, $table);

        self::assertSame(implode("\n", $rows) . "\n", $table[1] ?? '');
    }

    public function testEachGuardIsOnTheListOnce(): void
    {
        $classes = array_map(
            static fn(string $file): string => 'B7s\Parallite\Worker\State\\' . basename($file, '.php'),
            glob(dirname(__DIR__, 2) . '/src/Worker/State/*.php') ?: [],
        );
        $guards = array_filter($classes, static fn(string $class): bool => class_exists($class) && defined("$class::WHAT"));

        self::assertEqualsCanonicalizing(array_values($guards), Guards::all());
    }

    public function testNamesOfFunctionsAreWrittenAsTheyAreLookedFor(): void
    {
        foreach (Guards::all() as $guard) {
            foreach (is_subclass_of($guard, NamedCallGuard::class) ? $guard::FUNCTIONS : [] as $function) {
                self::assertMatchesRegularExpression('/^[a-z_]+$/', $function);
            }
        }
    }

    // names that stand in no file, this one included
    private const MOVE = 'parallite_' . 'moves';
    private const PUT = 'parallite' . 'puts';
    private const LEAVE = 'parallite_' . 'leaves';

    private static function code(): LoadedCode
    {
        self::assertFalse(false);
        self::assertTrue(true); // loads what the tests need, so that no file comes in between
        $code = new LoadedCode([self::MOVE, self::PUT, self::LEAVE], [self::LEAVE]);
        for ($i = 0; $i < 1_000 && !$code->isSilent(); $i++) {
            $code->catchUp();
        }
        self::assertTrue($code->isSilent());
        return $code;
    }

    /** @return array<string, array{string, ?string}> request and payload */
    public static function requestsThatName(): array
    {
        $code = 'function () { return \\' . ucwords(self::MOVE, '_') . '("/"); }';
        return [
            'in code' => [$code, null],
            'as data' => ['{"payload":"array_map","context":"' . self::MOVE . '"}', null],
            'in base64' => ['…', base64_encode(str_repeat(' ', 100) . $code)],
            'in base64, behind a prefix' => ['…', 'parallite:1:' . base64_encode(str_repeat(' ', 100) . $code)],
        ];
    }

    /** @dataProvider requestsThatName */
    public function testFindsAFunctionInARequest(string $request, ?string $payload): void
    {
        $code = self::code();
        $code->taskBegins($request, $payload, null);

        self::assertFalse($code->isSilent());
        self::assertTrue($code->names([self::PUT, self::MOVE]));
        self::assertTrue($code->isNamedByTask(self::MOVE));
        self::assertFalse($code->names([self::PUT]));
    }

    public function testLooksAtTheContextOfAPayloadThatItKnows(): void
    {
        $code = self::code();
        $code->taskBegins('{"payload":"array_map"}', 'array_map', null);
        self::assertTrue($code->isSilent());
        $code->taskBegins('{"payload":"array_map"}', 'array_map', []);
        self::assertTrue($code->isSilent());
        $code->taskBegins('{"payload":"array_map","context":"' . self::PUT . '"}', 'array_map', self::PUT);
        self::assertTrue($code->isNamedByTask(self::PUT));
    }

    public function testRemembersWhatAnEarlierRequestHasNamed(): void
    {
        $code = self::code();
        $code->taskBegins(self::PUT, null, null);
        $code->taskBegins('nothing', null, null);

        self::assertFalse($code->isSilent());
        self::assertTrue($code->names([self::PUT]));
        self::assertFalse($code->isNamedByTask(self::PUT));
    }

    public function testTakesALongRequestToNameEverything(): void
    {
        $code = self::code();
        $code->taskBegins(str_repeat('x', 1_000_000), null, null);
        self::assertFalse($code->isSilent());
        self::assertTrue($code->names([self::PUT]));
        self::assertFalse($code->isNamedByTask(self::LEAVE));

        $code->taskBegins(str_repeat('x', 1_000_000) . self::LEAVE, null, null);
        self::assertTrue($code->isNamedByTask(self::LEAVE));

        $code->taskBegins('short', null, null);
        self::assertTrue($code->isSilent());
    }

    public function testLooksThroughFilesThatWereLoaded(): void
    {
        $code = self::code();
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite');
        file_put_contents($file, '<?php return static fn() => ' . strtoupper(self::PUT) . '("A=1");');
        require $file;

        self::assertFalse($code->isSilent());
        self::assertTrue($code->names([self::MOVE]), 'as long as it has not been looked through');
        $code->catchUp();
        self::assertFalse($code->isSilent());
        self::assertTrue($code->names([self::PUT]));
        self::assertFalse($code->names([self::MOVE]));
        unlink($file);
    }
}
