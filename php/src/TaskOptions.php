<?php

declare(strict_types=1);

namespace B7s\Parallite;

use InvalidArgumentException;

/**
 * How tasks are to be run, as the arguments of {@see ClientInterface::submit()} have it.
 *
 * @internal
 */
final class TaskOptions
{
    /** @throws InvalidArgumentException when one of them is out of its range */
    public function __construct(public readonly ?float $timeout = null, public readonly ?bool $isolate = false)
    {
        Seconds::limit($timeout);
    }

    /** @return array<string, mixed> fields of a request */
    public function fields(): array
    {
        $fields = [];
        if ($this->timeout !== null) {
            $fields['timeout_ms'] = Seconds::milliseconds($this->timeout);
        }
        if ($this->isolate !== false) {
            $fields['isolation'] = $this->isolate === null ? 'auto' : 'task';
        }
        return $fields;
    }
}
