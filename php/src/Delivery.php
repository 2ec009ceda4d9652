<?php

declare(strict_types=1);

namespace B7s\Parallite;

use InvalidArgumentException;
use Throwable;

/**
 * What a cluster of daemons does for a detached task, as the arguments of {@see ClientInterface::submit()} have it.
 *
 * @internal
 */
final class Delivery
{
    /** A cluster doubles the delay with each try, and takes away up to half of it at random. */
    private const FACTOR = 2.0;

    private const MAX_KEY = 255;

    /** @throws InvalidArgumentException when one of them is out of its range, or is for detached tasks only */
    public function __construct(
        private readonly bool $detach,
        private readonly bool $atMostOnce,
        private readonly ?float $delay,
        private readonly ?string $unique,
        private readonly ?Retry $retry,
    ) {
        if (!$detach && ($atMostOnce || $delay !== null || $unique !== null)) {
            throw new InvalidArgumentException('atMostOnce, delay and unique are for detached tasks: give detach, too');
        }
        if ($delay !== null) {
            Seconds::grace($delay, 'delay');
        }
        if ($unique !== null && ($unique === '' || strlen($unique) > self::MAX_KEY)) {
            throw new InvalidArgumentException('unique has ' . strlen($unique) . ' bytes; it must have 1 to ' . self::MAX_KEY);
        }
        if ($detach && $retry !== null && ($retry->on !== [Throwable::class] || $retry->factor !== self::FACTOR)) {
            throw new InvalidArgumentException('a detached task is tried again by the cluster, which knows neither classes '
                . 'nor other factors than 2: leave out on and factor');
        }
    }

    /** @return array<string, mixed> fields of a request; none for a task that is not detached */
    public function fields(): array
    {
        if (!$this->detach) {
            return [];
        }
        $fields = ['detach' => true];
        if ($this->atMostOnce) {
            $fields['at_most_once'] = true;
        }
        if ($this->delay !== null && $this->delay > 0.0) {
            $fields['delay_ms'] = Seconds::milliseconds($this->delay);
        }
        if ($this->unique !== null) {
            $fields['unique'] = $this->unique;
        }
        if ($this->retry !== null && $this->retry->times > 1) {
            $fields['retries'] = $this->retry->times - 1;
            $fields['retry_delay_ms'] = $this->retry->delay > 0.0 ? Seconds::milliseconds($this->retry->delay) : 0;
        }
        return $fields;
    }
}
