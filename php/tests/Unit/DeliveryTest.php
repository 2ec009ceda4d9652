<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Delivery;
use B7s\Parallite\Retry;
use B7s\Parallite\Testing\FakeClient;
use InvalidArgumentException;
use PHPUnit\Framework\TestCase;
use RuntimeException;

/** What a detached task asks of a cluster, on the wire. */
final class DeliveryTest extends TestCase
{
    public function testNothingIsAskedForATaskThatIsNotDetached(): void
    {
        self::assertSame([], (new Delivery(false, false, null, null, new Retry()))->fields());
        self::assertSame(['detach' => true], (new Delivery(true, false, null, null, null))->fields());
        self::assertSame(['detach' => true], (new Delivery(true, false, 0.0, null, new Retry(times: 1)))->fields());
    }

    public function testEachWishIsAField(): void
    {
        $delivery = new Delivery(true, true, 1.5, 'invoice-7', new Retry(times: 4, delay: 2.0));

        self::assertSame([
            'detach' => true,
            'at_most_once' => true,
            'delay_ms' => 1500,
            'unique' => 'invoice-7',
            'retries' => 3,
            'retry_delay_ms' => 2000,
        ], $delivery->fields());
    }

    /** @return iterable<string, array{array{bool, bool, ?float, ?string, ?Retry}, string}> */
    public static function mistakes(): iterable
    {
        yield 'at most once without detach' => [[false, true, null, null, null], 'give detach'];
        yield 'a delay without detach' => [[false, false, 1.0, null, null], 'give detach'];
        yield 'a key without detach' => [[false, false, null, 'k', null], 'give detach'];
        yield 'a negative delay' => [[true, false, -1.0, null, null], 'delay is -1.0'];
        yield 'an empty key' => [[true, false, null, '', null], 'unique has 0 bytes'];
        yield 'a long key' => [[true, false, null, str_repeat('k', 256), null], 'unique has 256 bytes'];
        yield 'classes' => [[true, false, null, null, new Retry(on: [RuntimeException::class])], 'leave out on and factor'];
        yield 'a factor' => [[true, false, null, null, new Retry(factor: 3.0)], 'leave out on and factor'];
    }

    /**
     * @dataProvider mistakes
     * @param array{bool, bool, ?float, ?string, ?Retry} $arguments
     */
    public function testRefusesWhatNoClusterCouldDo(array $arguments, string $message): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage($message);

        new Delivery(...$arguments);
    }

    public function testTheFakeRefusesTheSame(): void
    {
        $this->expectException(InvalidArgumentException::class);

        (new FakeClient())->submit(static fn(): int => 1, delay: 1.0);
    }
}
