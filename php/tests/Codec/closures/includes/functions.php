<?php

// Functions of a script, and closures that need them where they run.

if (!function_exists('codecFunctionOfAFile')) {
    function codecFunctionOfAFile(): string
    {
        return 'of the file';
    }
}

return [
    'once' => static function (): string {
        require_once __FILE__;
        return codecFunctionOfAFile();
    },
    'thrower' => static function (): array {
        $e = new RuntimeException('x');
        return [realpath($e->getFile()), $e->getLine(), realpath((new ReflectionFunction(fn() => 1))->getFileName())];
    },
];
