<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Tests\Support\PhpScript;
use PHPUnit\Framework\TestCase;

/**
 * What PHP has to say to the package's files, of any version.
 */
final class DeprecationTest extends TestCase
{
    public function testFilesCompileWithoutAComplaint(): void
    {
        if (!extension_loaded('Zend OPcache')) {
            self::markTestSkipped('files are compiled by opcache, which is not there');
        }
        $package = var_export(dirname(__DIR__, 2), true);
        $script = PhpScript::run(<<<PHP
            set_error_handler(static function (int \$level, string \$message, string \$file, int \$line): bool {
                str_starts_with(\$file, $package . '/') && print("\$message in \$file:\$line\\n");
                return true;
            });
            \$count = 0;
            foreach (['src', 'compat', 'config'] as \$directory) {
                \$files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($package . "/\$directory"));
                foreach (\$files as \$file) {
                    if (\$file->getExtension() === 'php') {
                        opcache_compile_file((string) \$file);
                        \$count++;
                    }
                }
            }
            echo \$count > 100 ? 'all' : \$count;
            PHP, options: ['-d', 'opcache.enable_cli=1', '-d', 'opcache.file_cache=', '-d', 'error_reporting=' . E_ALL]);

        self::assertSame('all', $script->output);
    }
}
