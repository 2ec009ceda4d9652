<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Tests\Support\OwnDaemonTests;
use PHPUnit\Framework\TestCase;

/**
 * Programs for the upstream package that start the daemon in miniature.
 */
final class OwnDaemonTest extends TestCase
{
    use OwnDaemonTests;

    private static function binary(): string
    {
        return dirname(__DIR__) . '/Support/mini-parallite';
    }

    public function testFailedStartIsReportedInTheDaemonsWords(): void
    {
        $script = $this->script('new Parallite\ParalliteClient();', ['MINI_PARALLITE_FAILS' => 'timeout_ms is 0']);

        self::assertNotSame(0, $script->exitCode);
        self::assertStringContainsString('parallite: timeout_ms is 0', $script->output);
    }

    public function testConfigurationOfTheProjectIsHandedOver(): void
    {
        file_put_contents("{$this->directory}/parallite.json", '{}');
        $script = $this->script('new Parallite\ParalliteClient(); echo file_get_contents(glob("*.started-with")[0]);');

        self::assertSame(
            ['cwd' => $this->directory, 'config' => "{$this->directory}/parallite.json"],
            json_decode($script->output, true),
        );
    }
}
