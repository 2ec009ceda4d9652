<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Log\Context\Repository;
use Illuminate\Support\Facades\Facade;

/**
 * What a task finds as its caller had it: the locale, and Laravel's Context, visible and hidden. What the task adds to the
 * Context comes back with its result.
 */
final class CallerState
{
    private function __construct()
    {
    }

    /** @return array<string, mixed> of the caller, as arguments of {@see WorkerApplication::runTask()} */
    public static function arguments(): array
    {
        $app = self::application();
        if ($app === null) {
            return [];
        }
        $context = self::contextOf($app);
        return ['locale' => $app->getLocale()] + ($context === [] ? [] : ['context' => $context]);
    }

    /** @param array<string, array<string, string>> $context */
    public static function adopt(Application $app, ?string $locale, array $context): void
    {
        if ($locale !== null && $locale !== $app->getLocale()) {
            $app->setLocale($locale);
        }
        if ($context !== []) {
            $app->make(Repository::class)->hydrate($context);
        }
    }

    /**
     * A result, with what its task has added to the Context.
     *
     * @param array<string, array<string, string>> $context that the task began with
     */
    public static function withChanges(Application $app, mixed $result, array $context): mixed
    {
        $changes = [];
        foreach (self::contextOf($app) as $part => $values) {
            $changed = array_diff_assoc($values, $context[$part] ?? []);
            $changes += $changed === [] ? [] : [$part => $changed];
        }
        return $changes === [] ? $result : new CarriedResult($result, $changes);
    }

    /** The result of a task; what came with it is put into the Context of this process. */
    public static function resultOf(mixed $value): mixed
    {
        if (!$value instanceof CarriedResult) {
            return $value;
        }
        $app = self::application();
        if ($app !== null) {
            $app->make(Repository::class)->hydrate(array_replace_recursive(self::contextOf($app), $value->context));
        }
        return $value->result;
    }

    private static function application(): ?Application
    {
        return class_exists(Facade::class) ? Facade::getFacadeApplication() : null; // a driver may be used without one
    }

    /** @return array<string, array<string, string>> as Laravel gives it to queued jobs */
    private static function contextOf(Application $app): array
    {
        return $app->resolved(Repository::class) ? $app->make(Repository::class)->dehydrate() ?? [] : [];
    }
}
