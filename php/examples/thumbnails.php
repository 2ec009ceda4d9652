<?php

/**
 * Makes thumbnails of all JPEG and PNG files of a directory, each in a worker. Needs ext-gd.
 *
 * Usage: php thumbnails.php [DIRECTORY [TARGET]]     (default: pictures that it paints itself)
 */

declare(strict_types=1);

use B7s\Parallite\Client;

require __DIR__ . '/support/load.php';

if (!extension_loaded('gd')) {
    fwrite(STDERR, "this example needs ext-gd (Debian: php-gd)\n");
    exit(69);
}
$source = $argv[1] ?? paintPictures(12);
$target = $argv[2] ?? "$source/thumbnails";
is_dir($target) || mkdir($target, recursive: true);

$client = new Client();
$started = microtime(true);
$pictures = glob("$source/*.{jpg,jpeg,png}", GLOB_BRACE);

$thumbnails = $client->imap($pictures, static function (string $file) use ($target): array {
    $picture = imagecreatefromstring(file_get_contents($file));
    if ($picture === false) {
        throw new RuntimeException("$file is no picture");
    }
    $thumbnail = imagescale($picture, 160);
    $name = $target . '/' . pathinfo($file, PATHINFO_FILENAME) . '.jpg';
    imagejpeg($thumbnail, $name, 80);
    return [$name, imagesx($picture), imagesy($picture), imagesy($thumbnail), getmypid()];
});

$count = 0;
foreach ($thumbnails as $i => [$name, $width, $height, $newHeight, $pid]) {
    printf("%-24s %4d x %4d -> 160 x %3d  in process %d\n", basename($pictures[$i]), $width, $height, $newHeight, $pid);
    $count++;
}
printf("%d thumbnails in %.2f s, in %s\n", $count, microtime(true) - $started, $target);

/** @return string the directory that they are in */
function paintPictures(int $count): string
{
    $directory = sys_get_temp_dir() . '/parallite-pictures-' . bin2hex(random_bytes(4));
    mkdir($directory);
    for ($i = 0; $i < $count; $i++) {
        $picture = imagecreatetruecolor(1200, 800 + 10 * $i);
        for ($circle = 0; $circle < 40; $circle++) {
            $color = imagecolorallocate($picture, random_int(0, 255), random_int(0, 255), random_int(0, 255));
            imagefilledellipse($picture, random_int(0, 1200), random_int(0, 800), 200, 200, $color);
        }
        imagejpeg($picture, sprintf('%s/picture-%02d.jpg', $directory, $i));
    }
    return $directory;
}
