<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Tests\Support\PhpScript;
use PHPUnit\Framework\TestCase;

final class SignalsTest extends TestCase
{
    protected function setUp(): void
    {
        if (!extension_loaded('pcntl') || !extension_loaded('posix')) {
            self::markTestSkipped('needs ext-pcntl and ext-posix');
        }
    }

    /** A handler may run behind any call, those of hold() itself included: here at the first that it makes. */
    public function testAHandlerThatThrowsWhereAHoldBeginsLeavesNothingHeld(): void
    {
        $script = PhpScript::run(<<<'PHP'
            eval('namespace B7s\Parallite; function function_exists(string $name): bool
            {
                if ($GLOBALS["rings"]) {
                    $GLOBALS["rings"] = false;
                    posix_kill(getmypid(), SIGUSR1);
                }
                return \function_exists($name);
            }');
            use B7s\Parallite\Signals;

            pcntl_async_signals(true);
            pcntl_signal(SIGUSR1, static fn() => throw new OverflowException('rang'));
            $rings = true;
            try {
                Signals::hold();
                echo 'held; ';
            } catch (OverflowException $e) {
                echo $e->getMessage(), '; ';
            }
            Signals::hold();
            echo Signals::areHeldUp() ? 'held up, ' : 'not held up, ';
            Signals::release();
            echo pcntl_async_signals() ? 'and let go' : 'and never let go';
            PHP);

        self::assertSame('rang; held up, and let go', $script->output);
    }

    /** What it throws is no reason of a value's not to travel, and comes when the value is packed. */
    public function testAHandlerThatThrowsWhileValuesArePackedIsHeldUp(): void
    {
        $script = PhpScript::run(<<<'PHP'
            final class Ringing
            {
                public function __serialize(): array
                {
                    posix_kill(getmypid(), SIGUSR1);
                    echo 'packed; ';
                    return [];
                }
            }
            use B7s\Parallite\Shared;
            use B7s\Parallite\Signals;
            use B7s\Parallite\TaskPayload;

            pcntl_async_signals(true);
            pcntl_signal(SIGUSR1, static fn() => throw new OverflowException('rang'));
            $payloads = new TaskPayload();
            $ringing = new Ringing();
            $closure = static fn() => $ringing;
            $chunked = $payloads->prepared('gettype');
            $packings = [
                static fn() => $payloads->of('gettype', [$ringing]),
                static fn() => $payloads->of($closure, []),
                static fn() => $payloads->ofChunk($chunked, [$ringing], [0], true),
                static fn() => $payloads->ofValue([$ringing]),
                static fn() => Shared::of([$ringing]),
            ];
            foreach ($packings as $pack) {
                try {
                    $pack();
                    echo 'nothing was thrown';
                } catch (Exception $e) {
                    echo $e::class, ' ', $e->getMessage(), Signals::areHeldUp() ? ', still held up' : '', "\n";
                }
            }
            PHP);

        self::assertSame(str_repeat("packed; OverflowException rang\n", 5), $script->output);
    }
}
