<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Outbox;
use PHPUnit\Framework\TestCase;

final class OutboxTest extends TestCase
{
    /** @var array{resource, resource} */
    private array $ends;

    protected function setUp(): void
    {
        $this->ends = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        foreach ($this->ends as $end) {
            stream_set_blocking($end, false);
        }
    }

    public function testSendsSmallPartsAtOnce(): void
    {
        $outbox = new Outbox();
        foreach (['a', '', 'bc', 'd'] as $part) {
            $outbox->add($part);
        }
        self::assertSame(4, $outbox->bytes());

        self::assertTrue($outbox->sendTo($this->ends[0]));
        self::assertSame(0, $outbox->bytes());
        self::assertSame('abcd', fread($this->ends[1], 100));
    }

    public function testSendsInOrderWhatTheSocketTakesBitByBit(): void
    {
        $outbox = new Outbox();
        $all = '';
        foreach ([10, 70_000, 3, 3, 1_500_000, 65_536, 131_072, 131_073, 1] as $i => $length) {
            $part = str_repeat(chr(97 + $i), $length);
            $outbox->add($part);
            $all .= $part;
        }
        $got = '';
        $rounds = 0;
        while (strlen($got) < strlen($all)) {
            self::assertTrue($outbox->sendTo($this->ends[0]));
            self::assertLessThan(10_000, $rounds++);
            $got .= (string) fread($this->ends[1], 37_000);
            if ($rounds === 2) {
                $outbox->add('last');
                $all .= 'last';
            }
        }
        self::assertSame(md5($all), md5($got));
        self::assertSame(0, $outbox->bytes());
    }

    public function testTellsThatTheSocketIsBroken(): void
    {
        fclose($this->ends[1]);
        $outbox = new Outbox();
        $outbox->add('x');

        self::assertFalse($outbox->sendTo($this->ends[0]));
        $outbox->clear();
        self::assertSame(0, $outbox->bytes());
        self::assertTrue($outbox->sendTo($this->ends[0]));
    }
}
