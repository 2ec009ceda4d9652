<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCode;
use B7s\Parallite\Codec\ClosureCompiler;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Tests\Support\PhpScript;
use B7s\Parallite\Value\FoundClosure;
use Closure;
use PHPUnit\Framework\TestCase;
use ReflectionFunction;

require_once __DIR__ . '/fixtures.php';

/**
 * Closures that are made of code from elsewhere.
 */
final class ClosureCompilerTest extends TestCase
{
    private static function codeOf(Closure $closure): ClosureCode
    {
        return ClosureCode::fromArray(ClosureCode::of(new ReflectionFunction($closure))->toArray());
    }

    /** @param array<string, mixed> $captured */
    private static function made(Closure $closure, array &$captured = []): Closure
    {
        return ClosureCompiler::make(self::codeOf($closure), $captured);
    }

    public function testWhatIsCapturedByReferenceIsTheEntryThatWasGiven(): void
    {
        $n = 1;
        $code = self::codeOf(function (int $more) use (&$n): int {
            return $n += $more;
        });
        $captured = ['n' => 5];
        $other = ['n' => 100];
        $first = ClosureCompiler::make($code, $captured);
        $second = ClosureCompiler::make($code, $other);

        self::assertSame([6, 8, 101], [$first(1), $first(2), $second(1)]);
        self::assertSame([8, 101, 1], [$captured['n'], $other['n'], $n]);
    }

    public function testWhatIsCapturedByValueStaysAsItWas(): void
    {
        $n = 1;
        $captured = ['n' => 5];
        $closure = self::made(function () use ($n): int {
            return ++$n;
        }, $captured);
        $captured['n'] = 50;

        self::assertSame([6, 6], [$closure(), $closure()]);
    }

    public function testStaticVariablesGoOnFromTheirValues(): void
    {
        $step = 10;
        $count = function (int $by = 1) use (&$step): array {
            if ($by > 0) static $n = 5, $list = ['a' => [1, 2]],
                $never = PHP_INT_MAX;
            else static $other = 'x';
            $list[] = $n += $by * $step;
            return [$n, count($list), $never, __LINE__, static function (): int {
                static $n = 1;
                return ++$n;
            }];
        };
        self::assertSame([], self::codeOf($count)->changedStatics(new ReflectionFunction($count)));
        $count();
        $count();
        for ($i = 0, $sent = $count; $i < 3; $i++) {
            $function = new ReflectionFunction($sent);
            $code = self::codeOf($sent);
            $captured = ['step' => 100];
            $sent = ClosureCompiler::make($code, $captured, null, self::class, null, $code->changedStatics($function));
            self::assertSame([], array_diff(['n', 'list'], array_keys($code->changedStatics($function))));
        }

        self::assertSame([125, 4, PHP_INT_MAX], array_slice($sent(), 0, 3));
        self::assertSame([225, 5, PHP_INT_MAX], array_slice($sent(), 0, 3));
        self::assertSame([35, 4, PHP_INT_MAX], array_slice($count(), 0, 3), 'the original goes on by itself');
        self::assertSame($count()[3], $sent()[3]);
        self::assertSame(2, $sent()[4](), 'closures within are fresh');
    }

    public function testNothingOfOursIsAmongTheVariablesOfTheCode(): void
    {
        $one = 1;
        $variables = function (int $by = 2) use ($one): array {
            static $n = 5;
            $n++;
            return [get_defined_vars(), array_keys(\GET_DEFINED_VARS ( )), 'get_defined_vars()', $by];
        };
        $variables();
        $code = self::codeOf($variables);
        $captured = ['one' => 1];
        $statics = $code->changedStatics(new ReflectionFunction($variables));

        $sent = ClosureCompiler::make($code, $captured, null, self::class, null, $statics);

        self::assertEqualsCanonicalizing(['by', 'n', 'one'], array_keys($sent()[0]));
        self::assertEqualsCanonicalizing(['by', 'n', 'one'], $sent()[1]);
        self::assertSame('get_defined_vars()', $sent()[2]);
    }

    public function testClosuresOfOneLineAreToldApartInRebuiltCode(): void
    {
        $made = self::made(static function (): array {
            return [fn() => 'a', fn() => 'b', (fn() => [fn() => 'c', fn() => fn() => 'd'])()];
        });
        [$a, $b, [$c, $d]] = self::made($made)();

        self::assertSame(['a', 'b', 'c', 'd'], [
            self::made($a)(), self::made($b)(), self::made($c)(), self::made(self::made($d)())(),
        ]);
    }

    public function testTwoVersionsOfAFileAreToldApartInRebuiltCode(): void
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite');
        $made = [];
        foreach (['one', 'two'] as $word) {
            file_put_contents($file, "<?php return fn(\$x = 1) => fn() => '$word';");
            $made[$word] = self::made(include $file);
        }
        unlink($file);

        self::assertSame('one', self::made($made['one']())());
        self::assertSame('two', self::made($made['two']())());
    }

    public function testDocCommentsStayInFrontOfTheTag(): void
    {
        $made = self::made(
            /** Says what it does. */
            static fn(): string => 'x',
        );
        $again = self::made($made);

        self::assertStringStartsWith('/** Says what it does. @', (string) (new ReflectionFunction($made))->getDocComment());
        self::assertSame('x', $again());
    }

    public function testSaysWhichClassIsMissing(): void
    {
        $code = self::codeOf((new Box('x'))->usesScope());
        $captured = [];

        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessage('was written in class Nowhere\Box, which is not known here');
        ClosureCompiler::make($code, $captured, null, 'Nowhere\Box');
    }

    public function testRunsWithoutAnUnknownClassThatItDoesNotMention(): void
    {
        $free = self::codeOf((new Lone())->free());
        $captured = [];
        foreach (['Nowhere\Lone', Lone::class] as $scope) {
            self::assertSame(42, ClosureCompiler::make($free, $captured, null, $scope)());
        }
        ClosureCompiler::make($free, $captured, null, 'LoadedLater');
        eval('final class LoadedLater {}');
        $closure = ClosureCompiler::make($free, $captured, null, 'LoadedLater');
        self::assertSame('LoadedLater', (new ReflectionFunction($closure))->getClosureScopeClass()?->getName());
        foreach ((new Lone())->bound() as $name => $closure) {
            self::assertFalse(self::codeOf($closure)->isFree(), $name);
        }
    }

    /** As the closures in tests of Pest are: bound to an object of a class that is made for each file. */
    public function testLeavesAnEvaluatedClassBehind(): void
    {
        eval('namespace Evaluated; final class OneCase extends \ArrayObject {}');
        $bound = static fn(Closure $closure): ReflectionFunction
            => new ReflectionFunction(Closure::bind($closure, new \Evaluated\OneCase(), \Evaluated\OneCase::class));
        $free = $bound(fn(): int => 42);
        $using = $bound(fn(): string => static::class);

        self::assertNull(FoundClosure::written($free, ClosureCode::of($free))->scope);
        self::assertSame('Evaluated\OneCase', FoundClosure::written($using, ClosureCode::of($using))->scope);
    }

    public function testCodeThatIsNoneIsRefused(): void
    {
        $captured = [];
        foreach (['1', 'fn() => ', 'fn() => 1; exit', 'function () {'] as $text) {
            try {
                ClosureCompiler::make(new ClosureCode($text, '/x/y.php', 1, '', 0), $captured);
                self::fail($text);
            } catch (\ParseError|\UnexpectedValueException) {
                $this->addToAssertionCount(1);
            }
        }
    }

    public function testTheCalledClassMayBeAnother(): void
    {
        $captured = [];
        foreach ([Child::class, ChildWithDestructor::class] as $class) {
            $code = self::codeOf($class::task());
            self::assertTrue($code->usesCalledClass());
            try {
                self::assertSame(
                    [$class, Base::class, $class],
                    ClosureCompiler::make($code, $captured, null, Base::class, $class)(),
                );
            } catch (ClosureNotSerializable $e) {
                self::assertSame(ChildWithDestructor::class, $class);
                self::assertStringContainsString('has a destructor', $e->getMessage());
            }
        }
        self::assertSame(0, ChildWithDestructor::$destroyed);
    }

    public function testAClosureThatAsksForNoClassNeedsNone(): void
    {
        $closure = Child::plain();

        self::assertFalse(self::codeOf($closure)->usesCalledClass());
        self::assertFalse(self::codeOf((new Child())->withoutThis())->usesThis());
        self::assertTrue(self::codeOf((new Child())->withThis())->usesThis());
    }

    public function testAttributesThatPhpRefusesOnFunctionsAreLeftOut(): void
    {
        $captured = [];
        $code = new ClosureCode("#[Override]\n#[\\Attribute] #[Mark(1)] fn() => __LINE__", '/x/y.php', 7, '', 0);
        $closure = ClosureCompiler::make($code, $captured);

        self::assertSame(8, $closure());
        self::assertCount(1, (new ReflectionFunction($closure))->getAttributes());
    }

    /** In a process that has not included the file. */
    public function testCompiledCodeDoesNotCountAsItsFile(): void
    {
        $closures = require __DIR__ . '/closures/includes/functions.php';
        $codes = [];
        foreach ($closures as $name => $closure) {
            $codes[$name] = base64_encode(serialize(self::codeOf($closure)->toArray()));
        }
        $output = PhpScript::run(sprintf(<<<'PHP'
            foreach (%s as $name => $code) {
                $captured = [];
                $code = B7s\Parallite\Codec\ClosureCode::fromArray(unserialize(base64_decode($code)));
                $results[$name] = B7s\Parallite\Codec\ClosureCompiler::make($code, $captured)();
            }
            echo json_encode($results, JSON_UNESCAPED_SLASHES);
            PHP, var_export($codes, true)));
        $file = __DIR__ . '/closures/includes/functions.php';

        self::assertSame(['once' => 'of the file', 'thrower' => [$file, 18, $file]], json_decode($output->output, true));
    }
}
