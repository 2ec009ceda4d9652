<?php

/**
 * Doubles of the part of Symfony, and of an application, that examples/symfony needs.
 */

declare(strict_types=1);

namespace Symfony\Component\DependencyInjection {

    interface ContainerInterface
    {
        public function get(string $id): ?object;

        public function has(string $id): bool;
    }
}

namespace Symfony\Component\HttpKernel {

    use Symfony\Component\DependencyInjection\ContainerInterface;

    interface KernelInterface
    {
        public function boot(): void;

        public function getContainer(): ContainerInterface;
    }
}

namespace App {

    use Symfony\Component\DependencyInjection\ContainerInterface;
    use Symfony\Component\HttpKernel\KernelInterface;

    final class Kernel implements KernelInterface, ContainerInterface
    {
        private static int $kernels = 0;

        private int $resets = 0;

        public function __construct(public readonly string $environment, public readonly bool $debug)
        {
        }

        public function boot(): void
        {
            self::$kernels++;
        }

        public function getContainer(): ContainerInterface
        {
            return $this;
        }

        public function has(string $id): bool
        {
            return $id === Reports::class || $id === 'services_resetter';
        }

        public function get(string $id): ?object
        {
            return $id === Reports::class ? new Reports(self::$kernels, $this->resets) : $this;
        }

        public function reset(): void
        {
            $this->resets++;
        }
    }

    final class Reports
    {
        public function __construct(private readonly int $kernels, private readonly int $resets)
        {
        }

        public function of(string $month): string
        {
            return "$month: kernel {$this->kernels}, after {$this->resets} resets";
        }
    }
}
