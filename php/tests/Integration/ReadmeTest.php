<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Tests\Support\PhpScript;
use B7s\Parallite\Tests\Support\Readme;
use PHPUnit\Framework\TestCase;

/**
 * The programs in the READMEs run as they stand there, and print what their comments say.
 */
final class ReadmeTest extends TestCase
{
    private const ROOT = __DIR__ . '/../../..';

    /** @return array<string, array{string, Readme}> */
    public static function programs(): array
    {
        $programs = [];
        foreach (['README.md', 'php/README.md'] as $file) {
            foreach (Readme::blocksOf(self::ROOT . "/$file") as $block) {
                if ($block->isProgram()) {
                    $programs["$file:{$block->line}"] = [$file, $block];
                }
            }
        }
        return $programs;
    }

    /** @dataProvider programs */
    public function testRuns(string $file, Readme $block): void
    {
        $directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir("$directory/vendor", 0700, true);
        $package = (string) realpath(dirname(__DIR__, 2));
        symlink($package, "$directory/php");
        file_put_contents("$directory/vendor/autoload.php", '<?php require ' . var_export("$package/autoload.php", true) . ';');
        file_put_contents("$directory/program.php", $block->code);
        try {
            $options = ['-d', 'display_errors=1', '-d', 'error_reporting=-1'];
            $script = PhpScript::file("$directory/program.php", directory: $directory, options: $options);
        } finally {
            exec('rm -r ' . escapeshellarg($directory));
        }

        self::assertSame(0, $script->exitCode, $script->output);
        self::assertDoesNotMatchRegularExpression('/^(PHP )?(Warning|Notice|Deprecated|Fatal error):/m', $script->output);
        $rest = $script->output;
        foreach ($block->promises() as $promise) {
            $at = strpos($rest, $promise);
            self::assertNotFalse($at, "it does not print \"$promise\" in its turn:\n{$script->output}");
            $rest = substr($rest, $at + strlen($promise));
        }
    }

    public function testPartsOfProgramsAreValid(): void
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite-test-');
        foreach (['README.md', 'php/README.md'] as $readme) {
            foreach (Readme::blocksOf(self::ROOT . "/$readme") as $block) {
                file_put_contents($file, ($block->isProgram() ? '' : "<?php\n") . $block->code);
                exec(escapeshellarg(PHP_BINARY) . ' -l ' . escapeshellarg($file) . ' 2>&1', $output, $status);
                self::assertSame(0, $status, "$readme:{$block->line}: " . implode("\n", $output));
            }
        }
        unlink($file);
    }

    public function testTheFirstProgramOfEachIsWhole(): void
    {
        foreach (['README.md', 'php/README.md'] as $file) {
            $blocks = Readme::blocksOf(self::ROOT . "/$file");
            self::assertTrue($blocks[0]->isProgram());
            self::assertGreaterThan(1, count($blocks[0]->promises()));
        }
        self::assertGreaterThan(8, count(self::programs()));
    }
}
