<?php

/**
 * What tasks change for good, by the guard that sees it: closures after which the worker has to be replaced.
 */

declare(strict_types=1);

use B7s\Parallite\Worker\State;

return [
    State\StandardStreams::class => [
        'STDIN' => static fn() => fclose(STDIN),
        'STDOUT' => static fn() => fclose(STDOUT),
        'STDERR' => static fn() => fclose(STDERR),
    ],
    State\OutputBuffers::class => [
        'a buffer that cannot be removed' => static fn() => ob_start(null, 0, 0),
        'with an error handler that throws' => static function (): bool {
            set_error_handler(static fn(int $level, string $text) => throw new ErrorException($text));
            return ob_start(null, 0, 0);
        },
        'under one that can be' => static fn() => ob_start(null, 0, 0) && ob_start(),
    ],
    State\StreamContext::class => [
        'options' => static fn() => (bool) stream_context_set_default(['http' => ['header' => 'Authorization: leak']]),
        'a callback' => static fn() => stream_context_set_params(
            stream_context_get_default(),
            ['notification' => 'printf'],
        ),
    ],
    State\OneWaySettings::class => [
        'opcache' => static fn() => ini_set('opcache.enable', '0') === '1',
        'a directory' => static fn() => ini_set('open_basedir', '/') !== false,
    ],
    State\ShutdownFunctions::class => [
        'a function' => static fn() => register_shutdown_function('time') === null,
        'a function whose name is data' => static fn() => array_map('Register_Shutdown_Function', ['time']) === [null],
    ],
    State\UserAndGroups::class => [
        'user' => static fn() => posix_setuid(65_534),
        'effective user' => static fn() => posix_seteuid(65_534),
        'group' => static fn() => posix_setgid(65_534),
        'groups' => static fn() => posix_initgroups('daemon', 65_534),
    ],
    State\RootDirectory::class => [
        'another directory' => static fn() => chroot('/tmp'),
        'the present directory' => static fn() => chdir('/tmp') && chroot('.') && chdir('/'),
    ],
    State\Namespaces::class => [
        'host name' => static fn() => pcntl_unshare(CLONE_NEWUTS),
    ],
    State\ProcessGroup::class => [
        'session' => static fn() => posix_setsid() > 0,
    ],
];
