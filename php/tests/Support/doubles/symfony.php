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

        private readonly Doctrine $doctrine;

        public function __construct(public readonly string $environment, public readonly bool $debug)
        {
        }

        public function boot(): void
        {
            self::$kernels++;
            $this->doctrine = new Doctrine();
        }

        public function getContainer(): ContainerInterface
        {
            return $this;
        }

        public function has(string $id): bool
        {
            return in_array($id, [Reports::class, 'services_resetter', 'doctrine'], true);
        }

        public function get(string $id): ?object
        {
            return match ($id) {
                Reports::class => new Reports(self::$kernels, $this->resets),
                'doctrine' => $this->doctrine,
                default => $this,
            };
        }

        public function reset(): void
        {
            $this->resets++;
        }
    }

    /** A registry with one connection, which is open. */
    final class Doctrine
    {
        /** @var array{resource, resource}|null */
        private ?array $sockets;

        public function __construct()
        {
            $this->sockets = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0) ?: null;
        }

        /** @return list<self> */
        public function getConnections(): array
        {
            return [$this];
        }

        public function close(): void
        {
            $this->sockets = null;
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
