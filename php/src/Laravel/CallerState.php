<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Events\Dispatcher;
use Illuminate\Log\Context\Repository;
use Illuminate\Support\Facades\Facade;
use InvalidArgumentException;
use Throwable;

/**
 * What a task finds as its caller had it: the locale, Laravel's Context, visible and hidden, and, where `carry` in
 * config/parallite.php says so, the authenticated user. What the task adds to the Context comes back with its result.
 */
final class CallerState
{
    private const USER = 'user';

    private function __construct()
    {
    }

    /**
     * @param list<string> $carried what is carried along on demand: `user`
     * @return array<string, mixed> of the caller: `locale`, `context` unless there is none, `user` if there is one
     * @throws InvalidArgumentException when something else is to be carried
     */
    public static function current(array $carried = []): array
    {
        $unknown = array_diff($carried, [self::USER]);
        if ($unknown !== []) {
            throw new InvalidArgumentException('`carry` in config/parallite.php names "' . implode('", "', $unknown)
                . '"; what can be carried to tasks is "user"');
        }
        $app = self::application();
        if ($app === null) {
            return [];
        }
        $state = [
            'locale' => $app->getLocale(),
            'context' => self::contextOf($app),
            self::USER => $carried === [] ? null : CallerUser::of($app),
        ];
        return array_filter($state, static fn(mixed $value): bool => $value !== null && $value !== []);
    }

    /** @param array<string, mixed> $state of the caller */
    public static function adopt(Application $app, array $state): void
    {
        if (isset($state['locale']) && $state['locale'] !== $app->getLocale()) {
            $app->setLocale($state['locale']);
        }
        if (isset($state['context'])) {
            $app->make(Repository::class)->hydrate($state['context']);
        }
        if (isset($state[self::USER])) {
            CallerUser::adopt($app, $state[self::USER]);
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
            $before = $context[$part] ?? [];
            $changed = array_diff_assoc($values, $before);
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
            // what is in the Context here stays the same objects, and is not hydrated again
            $added = (new Repository(new Dispatcher()))->hydrate($value->context);
            $app->make(Repository::class)->add($added->all())->addHidden($added->allHidden());
        }
        return $value->result;
    }

    private static function application(): ?Application
    {
        return class_exists(Facade::class) ? Facade::getFacadeApplication() : null; // a driver may be used without one
    }

    /**
     * @return array<string, array<string, string>> as Laravel gives it to queued jobs
     * @throws InvalidArgumentException when something in it cannot be serialized
     */
    private static function contextOf(Application $app): array
    {
        if (!$app->resolved(Repository::class)) {
            return [];
        }
        $context = $app->make(Repository::class);
        try {
            return $context->dehydrate() ?? [];
        } catch (Throwable $e) {
            throw self::culprit($context->all()) ?? self::culprit($context->allHidden()) ?? $e;
        }
    }

    /** @param array<array-key, mixed> $values */
    private static function culprit(array $values): ?Throwable
    {
        foreach ($values as $key => $value) {
            try {
                serialize($value);
            } catch (Throwable $e) {
                return new InvalidArgumentException("what the Context has as \"$key\" can't go from one process to another: "
                    . "{$e->getMessage()}; forget it, or add plain data", 0, $e);
            }
        }
        return null;
    }
}
