<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Reset;

use Closure;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\Connection;
use Illuminate\Database\Eloquent\Model;
use Throwable;

/**
 * Connections of databases stay open from task to task; what a task has left in them does not stay.
 *
 * @internal
 */
final class Databases
{
    private readonly bool $isUnguarded;

    private readonly ?string $default;

    private readonly bool $disconnects;

    public function __construct(private readonly Application $app)
    {
        $config = $app->make('config');
        $this->isUnguarded = Model::isUnguarded();
        $this->default = $config->get('database.default');
        $this->disconnects = $config->get('parallite.worker.disconnect') === true;
    }

    /** @return array<string, Closure(): void> by what is put back */
    public function steps(): array
    {
        return [
            'open transactions' => fn() => $this->each(self::rollBack(...)),
            'query log' => fn() => $this->each(static function (Connection $one): void {
                $one->flushQueryLog();
                $one->disableQueryLog();
            }),
            'query durations' => fn() => $this->each(static function (Connection $one): void {
                Inside::call($one, 'resetTotalQueryDuration');
                Inside::call($one, 'allowQueryDurationHandlersToRunAgain');
            }),
            'record of modifications' => fn() => $this->each(static fn(Connection $one) => Inside::call($one, 'forgetRecordModificationState')),
            'default connection' => fn() => $this->app->resolved('db') && $this->app->make('db')->setDefaultConnection($this->default),
            'mass assignment' => fn() => Model::unguard($this->isUnguarded),
            'connections, if `worker.disconnect` says so' => fn() => $this->disconnects
                && $this->each(static fn(Connection $one) => $one->disconnect()),
        ];
    }

    private static function rollBack(Connection $connection): void
    {
        try {
            if ($connection->transactionLevel() > 0) {
                $connection->rollBack(0);
            }
        } catch (Throwable) {
            $connection->disconnect(); // the transaction went with the connection
        }
    }

    /** @param Closure(Connection): mixed $do */
    private function each(Closure $do): void
    {
        foreach ($this->app->resolved('db') ? $this->app->make('db')->getConnections() : [] as $connection) {
            $do($connection);
        }
    }
}
