<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Tests\Support\PhpScript;
use FilesystemIterator;
use PHPUnit\Framework\TestCase;
use RecursiveDirectoryIterator;
use RecursiveIteratorIterator;

/**
 * What a worker loads before its first task.
 */
final class BootstrapTest extends TestCase
{
    private string $project = '';

    protected function setUp(): void
    {
        $this->project = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir("$this->project/vendor", 0700, true);
    }

    protected function tearDown(): void
    {
        array_map(unlink(...), [...glob("$this->project/vendor/*") ?: [], ...glob("$this->project/*.php") ?: []]);
        rmdir("$this->project/vendor");
        rmdir($this->project);
    }

    public function testAllClassesOfThePackageAreTheWorkersOwn(): void
    {
        $loader = <<<'PHP'
            <?php
            spl_autoload_register(static function (string $class): void {
                if (str_starts_with($class, 'B7s\\Parallite\\')) {
                    throw new Error("$class would come from another version");
                }
            }, prepend: true);
            PHP;
        file_put_contents("$this->project/vendor/autoload.php", $loader);
        file_put_contents("$this->project/more.php", $loader);
        $package = dirname(__DIR__, 2);
        $classes = [];
        foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator("$package/src", FilesystemIterator::SKIP_DOTS)) as $file) {
            $class = strtr(substr((string) $file, strlen("$package/src/"), -4), '/', '\\');
            if (!str_starts_with($class, 'Laravel\\')) { // those extend classes of an application
                $classes[] = "B7s\\Parallite\\$class";
            }
        }
        self::assertContains('B7s\\Parallite\\Value\\Serializer', $classes);
        self::assertContains('B7s\\Parallite\\Codec\\ClosureReader', $classes);

        $script = PhpScript::run(
            'B7s\\Parallite\\Worker\\Bootstrap::load(' . var_export($package, true) . ', [' . var_export("$this->project/more.php", true) . ']);
            foreach (' . var_export($classes, true) . ' as $class) {
                if (!class_exists($class) && !interface_exists($class) && !trait_exists($class)) {
                    echo "$class is not known\n";
                } elseif (!str_starts_with((new ReflectionClass($class))->getFileName(), ' . var_export("$package/src/", true) . ')) {
                    echo "$class is of another version\n";
                }
            }',
            directory: $this->project,
        );

        self::assertSame('', $script->output);
    }
}
