<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCode;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Tests\Support\PhpScript;
use Closure;
use PHPUnit\Framework\TestCase;
use ReflectionFunction;

/**
 * What is on disk may not be what this process has loaded.
 */
final class ChangedFileTest extends TestCase
{
    /** Where that is there: files are kept at once. */
    private const WITH_OPCACHE = ['-d', 'opcache.enable_cli=1', '-d', 'opcache.file_update_protection=0'];

    private string $file;

    private int $began = 0;

    protected function setUp(): void
    {
        $this->began = $_SERVER['REQUEST_TIME'];
        $this->file = (string) tempnam(sys_get_temp_dir(), 'parallite');
    }

    protected function tearDown(): void
    {
        $_SERVER['REQUEST_TIME'] = $this->began;
        @unlink($this->file);
    }

    private function load(string $code): Closure
    {
        file_put_contents($this->file, "<?php\n$code\n");
        return include $this->file;
    }

    private static function textOf(Closure $closure): string
    {
        return ClosureCode::of(new ReflectionFunction($closure))->text;
    }

    public function testCodeThatIsWrittenAnewAndLoadedAgainIsNew(): void
    {
        foreach (['one', 'two', 'six', 'three'] as $word) {
            self::assertSame("fn() => '$word'", self::textOf($this->load("return fn() => '$word';")));
        }
    }

    public function testAClosureThatTravelledBeforeKeepsItsCode(): void
    {
        $one = $this->load("return fn() => 'one';");
        self::assertSame("fn() => 'one'", self::textOf($one));
        $two = $this->load("return fn() => 'two';");

        self::assertSame("fn() => 'one'", self::textOf($one));
        self::assertSame("fn() => 'two'", self::textOf($two));
    }

    public function testCodeThatNobodyHasReadSinceItWasWrittenIsNotWhatWasLoaded(): void
    {
        $closure = $this->load("return fn() => 'old';");
        file_put_contents($this->file, "<?php\nreturn fn() => 'new';\n");
        if (!$this->keepsTimes()) {
            self::markTestSkipped('the file system keeps no times of reading that tell');
        }
        foreach ([1, 2] as $_) {
            try {
                self::fail(self::textOf($closure));
            } catch (ClosureNotSerializable $e) {
                self::assertStringContainsString('was changed after this process had loaded it', $e->getMessage());
            }
        }
        self::assertSame("fn() => 'new'", self::textOf(include $this->file));
    }

    /** Since Linux 6.13, where it keeps times of reading. */
    private function keepsTimes(?string $file = null): bool
    {
        $times = explode(' ', (string) shell_exec('stat -c "%.9X %.9Y" ' . escapeshellarg($file ?? $this->file)));
        return count($times) === 2 && strcmp($times[1], $times[0]) > 0;
    }

    /** @return iterable<string, array{string, string}> code that is loaded, and what then takes its place */
    public function changes(): iterable
    {
        yield 'moved' => ['return fn() => 1;', "// moved\nreturn fn() => 1;"];
        yield 'another parameter' => ['return fn($a) => 1;', 'return fn($b) => 1;'];
        yield 'another default' => ['return fn($a = 1) => 1;', 'return fn($a = 2) => 1;'];
        yield 'another type' => ['return fn(int $a) => 1;', 'return fn(string $a) => 1;'];
        yield 'another doc comment' => ['return /** a */ fn() => 1;', 'return /** b */ fn() => 1;'];
        yield 'another captured variable' => ['$a = 1; return fn() => $a;', '$b = 1; return fn() => $b;'];
        yield 'another static variable' => ['return function () { static $a; };', 'return function () { static $b; };'];
        yield 'no closure' => ['return fn() => 1;', 'return 5;'];
        yield 'a longer one' => ['return function () { };', "return function () {\n};"];
    }

    /** @dataProvider changes */
    public function testRefusesWhatDoesNotFit(string $loaded, string $written): void
    {
        $closure = $this->load($loaded);
        file_put_contents($this->file, "<?php\n$written\n");
        file_get_contents($this->file); // somebody has read it

        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessageMatches('/changed after this process had loaded it/');
        self::textOf($closure);
    }

    public function testAnotherFileInItsPlaceWithATimeFromBefore(): void
    {
        $_SERVER['REQUEST_TIME'] -= 10; // in the same second nothing could be told
        $closure = $this->load("return fn() => 'old';");
        $before = $_SERVER['REQUEST_TIME'] - 1_000;
        file_put_contents("$this->file.new", "<?php\nreturn fn() => 'new';\n");
        $isTold = $this->keepsTimes("$this->file.new");
        touch("$this->file.new", $before); // as rsync -a and tar leave it
        rename("$this->file.new", $this->file);
        $made = (int) shell_exec('stat -c %W ' . escapeshellarg($this->file) . ' 2>/dev/null');
        if ($made < $before || !$isTold) {
            self::markTestSkipped('the file system keeps no times that tell');
        }

        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessage('was changed after this process had loaded it');
        self::textOf($closure);
    }

    public function testAFileThatIsWrittenTwiceInTheFirstSecond(): void
    {
        file_put_contents($this->file, 'text');
        $made = (int) shell_exec('stat -c %W ' . escapeshellarg($this->file) . ' 2>/dev/null');
        if ($made < $this->began - 1_000 || !$this->keepsTimes()) {
            self::markTestSkipped('the file system keeps no times that tell');
        }
        $program = <<<'PHP'
            $file = tempnam(sys_get_temp_dir(), 'parallite');
            file_put_contents($file, '<?php return fn() => "old";');
            $closure = include $file;
            file_put_contents($file, '<?php return fn() => "new";');
            touch($file, time() - 1_000);
            try {
                echo B7s\Parallite\Codec\ClosureCode::of(new ReflectionFunction($closure))->text;
            } catch (B7s\Parallite\Exception\ClosureNotSerializable $e) {
                echo str_contains($e->getMessage(), 'was changed') ? 'refused' : $e->getMessage();
            }
            unlink($file);
            PHP;

        self::assertSame('refused', PhpScript::run($program)->output);
        $program = str_replace('touch($file, time() - 1_000);', '', $program);
        self::assertSame('refused', PhpScript::run($program, options: self::WITH_OPCACHE)->output);
    }

    public function testAFileThatIsTouchedWithoutBeingWrittenIsTheSame(): void
    {
        file_put_contents($this->file, "<?php\nreturn fn() => 7;\n");
        $file = var_export($this->file, true);
        $script = PhpScript::run(
            "\$closure = include $file; touch($file, time() - 1_000);
            echo B7s\\Parallite\\Codec\\ClosureCode::of(new ReflectionFunction(\$closure))->text;",
        );

        self::assertSame('fn() => 7', $script->output);
    }

    public function testAFileThatIsGone(): void
    {
        $closure = $this->load('return fn() => 7;');
        unlink($this->file);

        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessage("can't be read");
        self::textOf($closure);
    }
}
