<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\PayloadSecret;
use InvalidArgumentException;
use PHPUnit\Framework\TestCase;
use UnexpectedValueException;

/**
 * Secrets in files, and signatures made with them.
 */
final class PayloadSecretFileTest extends TestCase
{
    /** @var list<string> */
    private array $files = [];

    protected function tearDown(): void
    {
        array_map(unlink(...), $this->files);
    }

    private function secret(string $content): PayloadSecret
    {
        $this->files[] = $file = (string) tempnam(sys_get_temp_dir(), 'secret');
        file_put_contents($file, $content);
        return PayloadSecret::inFile($file);
    }

    public function testLineEndsBehindItAreNoPartOfIt(): void
    {
        $one = $this->secret(str_repeat('k', 32));
        $same = $this->secret(str_repeat('k', 32) . "\r\n");

        self::assertSame('payload', $same->verified('task', 'id', $one->sign('task', 'id', 'payload')));
        self::assertTrue(PayloadSecret::isSigned($one->sign('task', 'id', '')));
    }

    public function testSaysWhatIsWrongWithAFile(): void
    {
        $unusable = [
            'holds 0 bytes, at least 32 are needed' => '',
            'holds 31 bytes' => str_repeat('k', 31) . "\n\n",
            'over 4096 bytes' => str_repeat('k', 4_097),
        ];
        foreach ($unusable as $why => $content) {
            try {
                $this->secret($content);
                self::fail("it was taken, although: $why");
            } catch (InvalidArgumentException $e) {
                self::assertStringContainsString($why, $e->getMessage());
            }
        }
    }

    public function testSaysThatThereIsNoFile(): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('/nowhere, cannot be read by this user; make one by');
        PayloadSecret::inFile('/nowhere');
    }

    public function testKindAndTaskAndBytesAndSecretCount(): void
    {
        $secret = $this->secret(str_repeat('k', 32));
        $signed = $secret->sign('task', 'ab', 'c');
        $attempts = [
            fn(): string => $secret->verified('result', 'ab', $signed),
            fn(): string => $secret->verified('task', 'a', substr($signed, 0, -1) . 'bc'),
            fn(): string => $secret->verified('task', 'ab', "{$signed}c"),
            fn(): string => $this->secret(str_repeat('l', 32))->verified('task', 'ab', $signed),
            fn(): string => $secret->verified('task', 'ab', 'c'),
        ];
        foreach ($attempts as $i => $attempt) {
            try {
                self::fail("attempt $i gave " . $attempt());
            } catch (UnexpectedValueException $e) {
                self::assertStringContainsString('sign', $e->getMessage());
            }
        }
    }

    public function testIsNeitherShownNorSerialized(): void
    {
        $secret = $this->secret(str_repeat('k', 32));
        self::assertStringNotContainsString('kkk', print_r($secret, true));
        $this->expectException(\Error::class);
        serialize($secret);
    }
}
