<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Daemon\Environment;
use B7s\Parallite\Tests\Support\FastCgi;
use PHPUnit\Framework\TestCase;

/**
 * What the daemon is started with.
 */
final class EnvironmentTest extends TestCase
{
    public function testOnTheCommandLineItIsTheProcesss(): void
    {
        putenv('HTTP_PROXY=http://192.0.2.1');
        try {
            self::assertSame(getenv(), Environment::ofProcess(), 'a variable of this name is nobody\'s header here');
        } finally {
            putenv('HTTP_PROXY');
        }
    }

    public function testUnderAWebServerNothingOfTheRequestIsInIt(): void
    {
        $directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir($directory, 0700);
        $autoload = var_export(dirname(__DIR__, 2) . '/autoload.php', true);
        file_put_contents("$directory/index.php", "<?php require $autoload; putenv('MADE_HERE=2'); \$_ENV['ARRAY_ONLY'] = '3';"
            . 'header("content-type: application/json"); echo json_encode([B7s\Parallite\Daemon\Environment::ofProcess(), getenv()]);');
        $environment = ['PATH' => (string) getenv('PATH'), 'OF_THE_PROCESS' => '1', 'HTTP_PROXY' => 'real, but not to be told from a header'];
        $fpm = FastCgi::start($directory, $environment);
        try {
            if ($fpm === null) {
                self::markTestSkipped('there is no php-fpm');
            }
            [$real, $mixed] = json_decode($fpm->request([
                'SCRIPT_FILENAME' => "$directory/index.php", 'REQUEST_METHOD' => 'GET', 'QUERY_STRING' => 'token=secret',
                'REQUEST_URI' => '/?token=secret', 'REMOTE_ADDR' => '192.0.2.7', 'REMOTE_USER' => 'u', 'AUTH_TYPE' => 'Basic',
                'HTTP_COOKIE' => 'session=secret', 'HTTP_AUTHORIZATION' => 'Basic dTpw', 'HTTP_PROXY' => 'http://192.0.2.1',
                'CONTENT_TYPE' => 'text/plain', 'SERVER_NAME' => 'x', 'SSL_CLIENT_CERT' => 'c', 'OWN_PARAMETER' => 'of the web server',
            ]), true, flags: JSON_THROW_ON_ERROR);
        } finally {
            $fpm?->stop();
            exec('rm -r ' . escapeshellarg($directory));
        }
        self::assertArrayHasKey('HTTP_COOKIE', $mixed, 'what getenv() gives is no environment to pass on');
        ksort($real);
        self::assertSame(
            ['MADE_HERE' => '2', 'OF_THE_PROCESS' => '1', 'PATH' => getenv('PATH'), 'USER' => $real['USER'] ?? 'root'],
            $real + ['USER' => 'root'],
        );
    }
}
