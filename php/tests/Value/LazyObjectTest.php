<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Value;

use B7s\Parallite\Wire\PhpValue;
use PHPUnit\Framework\TestCase;
use ReflectionClass;

require_once __DIR__ . '/values.php';

/**
 * Lazy objects and property hooks, which PHP has since 8.4.
 */
final class LazyObjectTest extends TestCase
{
    protected function setUp(): void
    {
        if (PHP_VERSION_ID < 80400) {
            self::markTestSkipped('PHP ' . PHP_VERSION . ' has neither lazy objects nor property hooks');
        }
        require_once __DIR__ . '/hooked.inc';
    }

    public function testLazyObjectsThatAreNotToBeInitializedStayLazy(): void
    {
        $class = new ReflectionClass(Holder::class);
        $lazy = $class->newLazyGhost(
            static fn(Holder $holder) => throw new \LogicException('initialized'),
            ReflectionClass::SKIP_INITIALIZATION_ON_SERIALIZE,
        );
        foreach ([[$lazy], [$lazy, static fn(): int => 1]] as $value) {
            $copy = PhpValue::decode(PhpValue::encode($value))[0];
            self::assertTrue($class->isUninitializedLazyObject($lazy));
            self::assertSame(Holder::class, $copy::class);
        }
    }

    public function testOtherLazyObjectsAreInitializedAsBySerialize(): void
    {
        $class = new ReflectionClass(Holder::class);
        $ghost = $class->newLazyGhost(static function (Holder $holder): void {
            $holder->held = static fn(): string => 'of a ghost';
        });
        $proxy = $class->newLazyProxy(static function (): Holder {
            $holder = new Holder();
            $holder->held = static fn(): string => 'of a proxy';
            return $holder;
        });

        [$g, $p] = PhpValue::decode(PhpValue::encode([$ghost, $proxy]));
        self::assertSame(['of a ghost', 'of a proxy'], [($g->held)(), ($p->held)()]);
        self::assertSame([Holder::class, Holder::class], [$g::class, $p::class]);
    }

    public function testHooksOfPropertiesAreNotCalled(): void
    {
        $hooked = new Hooked();
        $hooked->name = 'bob';
        foreach ([null, static fn(): int => 2] as $closure) {
            $hooked->closure = $closure;
            $copy = PhpValue::decode(PhpValue::encode([$hooked]))[0];
            self::assertSame(['set bob', 0, 0], [$copy->raw(), $copy->reads, $hooked->reads]);
        }
        self::assertSame(2, ($copy->closure)());
    }
}
