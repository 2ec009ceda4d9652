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
    private const PRIORITIES = ['high', 'normal', 'low'];

    /**
     * @param ?float $queueTimeout seconds
     * @param bool $endsWithClient whether tasks are cancelled when this client goes away, because it alone awaits them
     * @param ?string $traceparent {@see Traceparent}
     * @param ?string $pool which of the daemon's pools; null: the default one
     * @throws InvalidArgumentException when one of them is out of its range
     */
    public function __construct(
        public readonly ?float $timeout = null,
        public readonly ?bool $isolate = false,
        public readonly string $priority = 'normal',
        public readonly ?float $queueTimeout = null,
        private readonly bool $endsWithClient = false,
        public readonly ?Retry $retry = null,
        public readonly ?Cancellation $cancellation = null,
        public readonly ?string $traceparent = null,
        public readonly ?string $pool = null,
    ) {
        Seconds::limit($timeout);
        Seconds::limit($queueTimeout, 'queueTimeout');
        if (!in_array($priority, self::PRIORITIES, true)) {
            throw new InvalidArgumentException("priority is \"$priority\"; it may be 'high', 'normal' or 'low'");
        }
    }

    /** @return array<string, mixed> fields of a request */
    public function fields(): array
    {
        $fields = $this->endsWithClient ? ['on_disconnect' => 'cancel'] : [];
        if ($this->timeout !== null) {
            $fields['timeout_ms'] = Seconds::milliseconds($this->timeout);
        }
        if ($this->isolate !== false) {
            $fields['isolation'] = $this->isolate === null ? 'auto' : 'task';
        }
        if ($this->priority !== 'normal') {
            $fields['priority'] = $this->priority;
        }
        if ($this->queueTimeout !== null) {
            $fields['queue_timeout_ms'] = Seconds::milliseconds($this->queueTimeout);
        }
        if ($this->pool !== null) {
            $fields['pool'] = $this->pool;
        }
        return $fields;
    }
}
