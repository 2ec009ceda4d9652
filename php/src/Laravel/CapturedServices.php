<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use DateTimeInterface;
use Illuminate\Contracts\Queue\QueueableCollection;
use Illuminate\Contracts\Queue\QueueableEntity;
use ReflectionFunction;
use UnitEnum;

/**
 * Finds services of the application in what a closure captured. They belong to this process: they have connections, the
 * request, or the container with all that is in it. The worker's application has its own, which a closure gets for its
 * parameters.
 *
 * @internal
 */
final class CapturedServices
{
    private const SERVICES = [
        'Illuminate\Contracts\Container\Container',
        'Symfony\Component\HttpFoundation\Request',
        'Illuminate\Database\ConnectionInterface',
        'Illuminate\Database\ConnectionResolverInterface',
        'Illuminate\Contracts\Database\Query\Builder',
        'Illuminate\Database\Query\Builder',
        'Illuminate\Database\Eloquent\Builder',
        'Illuminate\Support\Manager',
        'Illuminate\Support\MultipleInstanceManager',
        'Illuminate\Contracts\Auth\Access\Gate',
        'Illuminate\Contracts\Auth\Factory',
        'Illuminate\Contracts\Auth\Guard',
        'Illuminate\Contracts\Broadcasting\Factory',
        'Illuminate\Contracts\Bus\Dispatcher',
        'Illuminate\Contracts\Cache\Factory',
        'Illuminate\Contracts\Cache\Repository',
        'Illuminate\Contracts\Config\Repository',
        'Illuminate\Contracts\Console\Kernel',
        'Illuminate\Contracts\Cookie\QueueingFactory',
        'Illuminate\Contracts\Debug\ExceptionHandler',
        'Illuminate\Contracts\Encryption\Encrypter',
        'Illuminate\Contracts\Events\Dispatcher',
        'Illuminate\Contracts\Filesystem\Factory',
        'Illuminate\Contracts\Filesystem\Filesystem',
        'Illuminate\Contracts\Http\Kernel',
        'Illuminate\Contracts\Mail\Factory',
        'Illuminate\Contracts\Mail\Mailer',
        'Illuminate\Contracts\Notifications\Factory',
        'Illuminate\Contracts\Queue\Factory',
        'Illuminate\Contracts\Queue\Queue',
        'Illuminate\Contracts\Redis\Factory',
        'Illuminate\Contracts\Routing\Registrar',
        'Illuminate\Contracts\Routing\ResponseFactory',
        'Illuminate\Contracts\Routing\UrlGenerator',
        'Illuminate\Contracts\Session\Session',
        'Illuminate\Contracts\Translation\Translator',
        'Illuminate\Contracts\Validation\Factory',
        'Illuminate\Contracts\View\Factory',
        'Illuminate\Log\Logger',
        'Illuminate\Log\LogManager',
        self::COMPONENT,
    ];

    private const COMPONENT = 'Livewire\Component';

    private const QUERY = ['Illuminate\Database\Query\Builder', 'Illuminate\Database\Eloquent\Builder'];

    private const MAX_DEPTH = 8;

    /** Values that are looked at; what is behind them travels or not, without a hint. */
    private const MAX_VALUES = 2_000;

    /** @var array<int, true> objects that have been looked at, by id */
    private array $seen = [];

    private int $values = 0;

    private function __construct()
    {
    }

    /** @throws ClosureNotSerializable that names the service, and says what to do */
    public static function refuse(Closure $closure): void
    {
        $reflection = new ReflectionFunction($closure);
        $search = new self();
        foreach ($reflection->getClosureUsedVariables() as $name => $value) {
            $found = $search->in($value, "$$name", 0);
            if ($found !== null) {
                throw self::refusal(...$found, whole: $value, name: "$$name");
            }
        }
        $object = $reflection->getClosureThis();
        if ($object === null || self::isWritten($reflection) && @Closure::bind($closure, null) !== null) {
            return; // it is not used
        }
        $found = $search->in($object, '$this', 0);
        if ($found !== null) {
            throw self::isWritten($reflection)
                ? self::refusal(...$found, whole: $object, name: '$this')
                : self::refusal(...$found, whole: $object, name: '$service', method: $reflection->getName());
        }
    }

    /** Whether it is one with code of its own, and not report(...). */
    public static function isWritten(ReflectionFunction $closure): bool
    {
        return str_contains($closure->getName(), '{closure');
    }

    /** @return array{string, object}|null path and service */
    private function in(mixed $value, string $path, int $depth): ?array
    {
        if (is_array($value)) {
            return $this->among($value, $path, $depth, static fn(int|string $key): string
                => is_int($key) ? "[$key]" : "['$key']");
        }
        if (!is_object($value) || isset($this->seen[spl_object_id($value)]) || self::travels($value)) {
            return null;
        }
        $this->seen[spl_object_id($value)] = true;
        foreach (self::SERVICES as $service) {
            if ($value instanceof $service) {
                return [$path, $value];
            }
        }
        if ($value instanceof Closure) {
            return $this->among((new ReflectionFunction($value))->getClosureUsedVariables(), $path, $depth, static fn(int|string $name): string
                => "'s $$name");
        }
        if (method_exists($value, '__serialize') || method_exists($value, '__sleep')) {
            return null; // it says itself what of it travels
        }
        return $this->among(get_mangled_object_vars($value), $path, $depth, static fn(int|string $name): string
            => '->' . preg_replace('/^.*\0/s', '', (string) $name));
    }

    /**
     * @param array<array-key, mixed> $values
     * @param Closure(array-key): string $step of the path
     * @return array{string, object}|null
     */
    private function among(array $values, string $path, int $depth, Closure $step): ?array
    {
        foreach ($depth < self::MAX_DEPTH ? $values : [] as $key => $value) {
            if (++$this->values > self::MAX_VALUES) {
                return null;
            }
            $found = is_array($value) || is_object($value) ? $this->in($value, $path . $step($key), $depth + 1) : null;
            if ($found !== null) {
                return $found;
            }
        }
        return null;
    }

    /** Models are sent by their keys. */
    private static function travels(object $value): bool
    {
        return $value instanceof QueueableEntity || $value instanceof QueueableCollection || $value instanceof UnitEnum
            || $value instanceof DateTimeInterface;
    }

    private static function refusal(
        string $path,
        object $service,
        object|array $whole,
        string $name,
        ?string $method = null,
    ): ClosureNotSerializable {
        $class = is_object($whole) ? $whole::class : $service::class;
        $variable = $name === '$this' ? '$' . lcfirst(self::shortName($service::class)) : $name;
        $advice = match (true) {
            $method !== null => "write a closure, and ask for it as its parameter: static fn ($class $name) => {$name}->$method()",
            is_a($service, self::COMPONENT) => 'make the closure static (static fn), and pass it the values that it needs',
            self::isQuery($service) => 'build the query in the closure',
            is_a($service, 'Symfony\Component\HttpFoundation\Request') => self::static($name)
                . 'take what it needs of the request before, and pass that',
            $name === '$this' => 'make the closure static, and ask for it as a parameter, which the worker\'s container '
                . 'provides: static fn (' . $service::class . " $variable) => …",
            default => 'ask for it as a parameter of the closure, which the worker\'s container provides: fn '
                . "($class $variable) => …",
        };
        return new ClosureNotSerializable("the closure can't travel: $path is a " . $service::class
            . ', which belongs to this process; ' . $advice);
    }

    private static function static(string $name): string
    {
        return $name === '$this' ? 'make the closure static, ' : '';
    }

    private static function isQuery(object $service): bool
    {
        foreach (self::QUERY as $class) {
            if ($service instanceof $class) {
                return true;
            }
        }
        return false;
    }

    private static function shortName(string $class): string
    {
        return substr((string) strrchr("\\$class", '\\'), 1);
    }
}
