<?php

/**
 * Doubles of what Laravel 11 to 13 have for concurrency and the Laravel of the distribution has not. The contract
 * is Laravel 13's, unless CONCURRENCY_CONTRACT says 11.
 */

declare(strict_types=1);

namespace Illuminate\Contracts\Concurrency {

    use Carbon\CarbonInterval;
    use Closure;
    use Illuminate\Support\Defer\DeferredCallback;

    if (getenv('CONCURRENCY_CONTRACT') === '11') {
        interface Driver
        {
            public function run(Closure|array $tasks): array;

            public function defer(Closure|array $tasks): DeferredCallback;
        }
    } else {
        interface Driver
        {
            public function run(Closure|array $tasks, CarbonInterval|int|null $timeout = null): array;

            public function defer(Closure|array $tasks): DeferredCallback;
        }
    }
}

namespace Illuminate\Support\Defer {

    final class DeferredCallback
    {
        public bool $always = false;

        public function __construct(public \Closure $callback)
        {
        }

        public function always(bool $always = true): self
        {
            $this->always = $always;
            return $this;
        }

        public function __invoke(): void
        {
            ($this->callback)();
        }
    }

    final class DeferredCallbackCollection
    {
        /** @var list<DeferredCallback> */
        public array $callbacks = [];

        /** @param \Closure(DeferredCallback): bool $when */
        public function invokeWhen(\Closure $when): void
        {
            $callbacks = $this->callbacks;
            $this->callbacks = [];
            foreach ($callbacks as $callback) {
                if ($when($callback)) {
                    $callback();
                }
            }
        }
    }
}

namespace Illuminate\Support {

    use Illuminate\Container\Container;
    use Illuminate\Support\Defer\DeferredCallback;
    use Illuminate\Support\Defer\DeferredCallbackCollection;

    function defer(\Closure $callback): DeferredCallback
    {
        $deferred = new DeferredCallback($callback);
        if (class_exists(Container::class)) {
            Container::getInstance()->make(DeferredCallbackCollection::class)->callbacks[] = $deferred;
        }
        return $deferred;
    }
}

namespace Illuminate\Concurrency {

    if (class_exists(\Illuminate\Support\MultipleInstanceManager::class)) {
        class ConcurrencyManager extends \Illuminate\Support\MultipleInstanceManager
        {
            public function driver(?string $name = null): mixed
            {
                return $this->instance($name);
            }

            public function getDefaultInstance(): string
            {
                return 'parallite';
            }

            public function setDefaultInstance($name): void
            {
            }

            public function getInstanceConfig($name): array
            {
                return ['driver' => $name];
            }
        }
    }
}

namespace Carbon {

    if (!class_exists(CarbonInterval::class)) {
        class CarbonInterval
        {
            public function __construct(public float $totalSeconds)
            {
            }

            public static function seconds(float $seconds): self
            {
                return new self($seconds);
            }
        }
    }
}
