<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

/**
 * What is put back after each task, and in which order: the one list of it. That in php/README.md is checked against
 * this one, and each entry has a test.
 */
final class Guards
{
    /** What would hear the worker while it serializes the result, cleans up and writes. */
    public const HANDLERS = [
        SignalHandlers::class, RealTimeSignals::class, ErrorHandler::class, ExceptionHandler::class, OutputBuffers::class,
    ];

    /** What may turn out not to be put back, so that the reply has to announce the worker's end. */
    public const BEFORE_REPLY = [
        StandardStreams::class, StreamContext::class, StreamWrappers::class, OneWaySettings::class, ShutdownFunctions::class,
        OutputSettings::class, UserAndGroups::class, RootDirectory::class, Namespaces::class, ProcessGroup::class, ResourceLimits::class,
        Priority::class, Processors::class, WorkingDirectory::class, Alarm::class, BlockedSignals::class,
    ];

    /** Everything else: nobody waits for it. */
    public const AFTER_REPLY = [
        Session::class, IniSettings::class, ExtensionSettings::class, Environment::class, Superglobals::class,
        FileMode::class, TimeZone::class, SystemLocale::class, TextEncodings::class, TextDomains::class, HttpHeaders::class, XmlSettings::class,
        DatabaseErrors::class, ClosureLibraries::class, Autoloaders::class, AssertCallback::class,
        ProcessTitle::class, SystemLog::class, RandomNumbers::class, StringTokens::class,
        LastErrors::class,
    ];

    /** What a task makes another process by, which must not go on as a worker. */
    private const FORKS = ['pcntl_fork', 'pcntl_rfork'];

    private function __construct()
    {
    }

    /** @return list<class-string<Guard>> */
    public static function all(): array
    {
        return [...self::HANDLERS, ...self::BEFORE_REPLY, ...self::AFTER_REPLY];
    }

    /** @return list<string> the functions for which requests and files are looked through */
    public static function functions(): array
    {
        $functions = [...self::taskFunctions(), ...self::FORKS];
        foreach (self::all() as $class) {
            if (is_subclass_of($class, NamedCallGuard::class)) {
                array_push($functions, ...$class::FUNCTIONS);
            }
        }
        return array_values(array_unique($functions));
    }

    /** @return list<string> those for which a request is looked through however long it is */
    public static function taskFunctions(): array
    {
        return [ShutdownFunctions::FUNCTION, RealTimeSignals::FUNCTION, OutputSettings::FUNCTION];
    }
}
