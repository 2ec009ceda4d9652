<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Tests\Support\LaravelApplication;
use B7s\Parallite\Tests\Support\Readme;
use LogicException;
use PHPUnit\Framework\TestCase;

/**
 * The recipes in the documentation, those that can be run without the programs that they are for.
 */
final class LaravelRecipesTest extends TestCase
{
    private const DOCUMENT = __DIR__ . '/../../../src/docs/laravel.md';

    /** Settings of a program, as Supervisor's documentation lists them. */
    private const OF_SUPERVISOR = [
        'command', 'directory', 'user', 'autostart', 'autorestart', 'stopsignal', 'stopwaitsecs', 'redirect_stderr',
        'stdout_logfile', 'stdout_logfile_maxbytes', 'stderr_logfile', 'stderr_logfile_maxbytes', 'environment',
    ];

    private static ?LaravelApplication $application = null;

    public static function setUpBeforeClass(): void
    {
        if (LaravelApplication::framework() === null) {
            self::markTestSkipped('there is no Laravel to test with; deploy/tools-for-tests brings one');
        }
        self::$application = new LaravelApplication(sys_get_temp_dir() . '/parallite-recipes-' . bin2hex(random_bytes(6)));
    }

    public static function tearDownAfterClass(): void
    {
        self::$application?->remove();
    }

    private static function application(): LaravelApplication
    {
        return self::$application ?? throw new LogicException('there is no application');
    }

    private static function document(): string
    {
        return (string) file_get_contents(self::DOCUMENT);
    }

    public function testProgramsOfSupervisorAreWhatItReads(): void
    {
        preg_match_all('/^```ini\n(.*?)^```$/ms', self::document(), $blocks);
        self::assertCount(2, $blocks[1]);
        foreach ($blocks[1] as $block) {
            $sections = parse_ini_string($block, true, INI_SCANNER_RAW);
            self::assertIsArray($sections, $block);
            self::assertSame(['program:parallite'], array_keys($sections));
            $settings = $sections['program:parallite'];
            self::assertSame([], array_diff(array_keys($settings), self::OF_SUPERVISOR));
            self::assertStringEndsWith('/artisan parallite:start', $settings['command']);
        }
    }

    public function testCommandsOfArtisanAreThoseOfThePackage(): void
    {
        $known = self::application()->artisan('list', '--raw')->output;
        $texts = self::document() . file_get_contents(dirname(self::DOCUMENT, 3) . '/php/README.md');
        preg_match_all('/(?<=artisan )parallite:\w+/', $texts, $named);
        self::assertNotEmpty($named[0]);
        foreach (array_unique($named[0]) as $name) {
            self::assertMatchesRegularExpression("/^$name /m", $known);
        }
    }

    public function testTestsOfPestNeedNoDaemon(): void
    {
        if (!is_file(LaravelApplication::framework() . '/Illuminate/Concurrency/ConcurrencyManager.php')) {
            self::markTestSkipped('this Laravel is older than its Concurrency');
        }
        foreach (Readme::blocksOf(self::DOCUMENT) as $block) {
            if (str_contains($block->code, 'beforeEach')) {
                $file = self::application()->directory . '/recipe-of-pest.php';
                file_put_contents($file, "<?php\n{$block->code}");
                $run = self::application()->php('recipe.php', [$file]);
                self::assertSame([0, "it counts users and orders\n"], [$run->exitCode, $run->output]);
                return;
            }
        }
        self::fail('there is no such recipe');
    }
}
