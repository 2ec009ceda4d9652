<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Tests\Support\Opcodes;
use PHPUnit\Framework\TestCase;
use RecursiveDirectoryIterator;
use RecursiveIteratorIterator;

/**
 * No argument of a call may be a conditional expression: `f($a ? $b : $c)`, `f($a ?? $b)`, `f($a && $b)`, `f($a?->b())`
 * or `f(match (...) {...})`.
 *
 * Such an expression ends with a jump to the opcode that passes the argument, and where a jump lands, PHP runs handlers of
 * signals. When one throws there, PHP takes the argument for passed, and frees what an earlier call has left in its place:
 * memory is corrupted, and the process crashes some time later. Put the expression in a variable, before the call.
 */
final class ArgumentsTest extends TestCase
{
    /** @var list<string> */
    private array $temporary = [];

    protected function setUp(): void
    {
        if (!extension_loaded('Zend OPcache')) {
            self::markTestSkipped('opcodes are dumped by opcache, which is not there');
        }
    }

    protected function tearDown(): void
    {
        array_map(unlink(...), $this->temporary);
    }

    public function testNoArgumentIsAConditionalExpression(): void
    {
        $package = (string) realpath(dirname(__DIR__, 2));
        $files = (array) glob("$package/*.php");
        foreach (['src', 'compat', 'config'] as $directory) {
            foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator("$package/$directory")) as $file) {
                if ($file->getExtension() === 'php') {
                    $files[] = $file->getPathname();
                }
            }
        }

        self::assertGreaterThan(100, count($files));
        self::assertSame([], str_replace("$package/", '', Opcodes::jumpsToArguments($files)));
    }

    public function testConditionalExpressionsAreFound(): void
    {
        $file = $this->file(<<<'PHP'
            <?php
            namespace Planted;
            class Call
            {
                function ternary($a) { f($a, $a ? 1 : g()); }
                function shortTernary($a) { f($a ?: g()); }
                function coalescing($a) { f($a ?? g()); }
                function nullsafe($a) { f($a?->b()); }
                function and($a) { f($a && g()); }
                function or($a) { $a->f($a || g()); }
                function matching($a) { self::f(match ($a) { 1 => g(), 2 => g(1), default => g(2) }); }
                function built($a) { new \ArrayObject($a ? [] : g()); }
                function named($a) { f(b: $a ? 1 : g()); }
                function spread($a) { f(...($a ? [] : g())); }
                function closure($a) { return fn($b) => f($b ? "0001 SEND\nf:" : $a); }
            }
            function alone($a) { \strrev($a ? g() : h()); }
            PHP);

        $lines = [];
        foreach (Opcodes::jumpsToArguments([$file]) as $jump) {
            $lines[] = (int) substr($jump, strlen("$file:"));
        }
        sort($lines);
        self::assertSame([...range(5, 15), 17], array_values(array_unique($lines)));
    }

    public function testOtherExpressionsAreNot(): void
    {
        $file = $this->file(<<<'PHP'
            <?php
            namespace Planted;
            function before($a) { $b = $a ? 1 : g(); f($a, $b); }
            function within($a) { f(($a ? 1 : g()) + 1, 'x' . ($a ?? g()), [$a && g()]); }
            function result($a) { f(in_array($a, [1, 2]), str_contains($a, 'a'), substr($a, 1, 2)); }
            function later($a) { return $a && f($a) ? f($a) : f(1); }
            PHP);

        self::assertSame([], Opcodes::jumpsToArguments([$file]));
    }

    private function file(string $code): string
    {
        $file = (string) realpath((string) tempnam(sys_get_temp_dir(), 'parallite-test-'));
        $this->temporary[] = $file;
        file_put_contents($file, $code);
        return $file;
    }
}
