<?php

/** Classes whose objects travel in the tests. */

declare(strict_types=1);

namespace B7s\Parallite\Tests\Value;

use ArrayIterator;
use ArrayObject;
use Closure;
use DateTimeImmutable;

final class Service
{
    public ?Closure $handler = null;
    private readonly Closure $self;
    /** @var array<string, array<string, Closure>> */
    protected array $table = [];
    private int $base = 5;

    public function __construct()
    {
        $this->handler = function (int $x): int {
            return $x + $this->base;
        };
        $this->self = function (): self {
            return $this;
        };
        $this->table['a']['b'] = $this->handler;
    }

    public function self(): self
    {
        return ($this->self)();
    }

    public function tabled(): Closure
    {
        return $this->table['a']['b'];
    }
}

class Base
{
    private string $secret = 'base';
    private ?Closure $hidden = null;

    public function hide(Closure $hidden, string $secret): void
    {
        [$this->hidden, $this->secret] = [$hidden, $secret];
    }

    public function reveal(): string
    {
        return $this->secret . ($this->hidden)();
    }

    public static function made(): string
    {
        return 'base of ' . static::class;
    }

    public function name(): string
    {
        return 'base';
    }

    private function own(): string
    {
        return 'own of base';
    }

    public function ownOne(): Closure
    {
        return $this->own(...);
    }
}

class Derived extends Base
{
    private string $secret = 'derived';
    public mixed $loose = null;

    public function name(): string
    {
        return 'derived';
    }

    public static function made(): string
    {
        return 'derived';
    }

    public function parents(): Closure
    {
        return parent::name(...);
    }

    public static function parentsMade(): Closure
    {
        return parent::made(...);
    }

    public function derivedSecret(): string
    {
        return $this->secret;
    }
}

final class Inherits extends Base
{
}

/** Answers to any name. */
class Magic
{
    public function __call(string $name, array $arguments): string
    {
        return "called $name " . json_encode($arguments);
    }

    public static function __callStatic(string $name, array $arguments): string
    {
        return static::class . " called $name";
    }
}

/** Says itself what is serialized, and counts how often it is asked. */
final class Asked
{
    public static int $times = 0;

    public function __construct(public mixed $kept, public mixed $dropped = null)
    {
    }

    public function __serialize(): array
    {
        self::$times++;
        return ['only' => $this->kept];
    }

    public function __unserialize(array $data): void
    {
        $this->kept = $data['only'];
        $this->dropped = 'was dropped';
    }
}

final class Sleeper
{
    private mixed $kept;
    public mixed $connection = null;
    public array $woken = [];

    public function __construct(mixed $kept)
    {
        $this->kept = $kept;
    }

    public function kept(): mixed
    {
        return $this->kept;
    }

    public function __sleep(): array
    {
        return ['kept'];
    }

    public function __wakeup(): void
    {
        $this->woken[] = get_debug_type($this->kept);
    }
}

class Fixed
{
    /** @param list<Closure> $list */
    public function __construct(public readonly Closure $first, protected readonly array $list = [])
    {
    }

    /** @return list<Closure> */
    public function list(): array
    {
        return $this->list;
    }
}

final class Refixed extends Fixed
{
    public readonly ?Closure $own;

    public function __construct(Closure $closure)
    {
        parent::__construct($closure, [$closure]);
        $this->own = $closure;
    }
}

/** Has no method that takes what it gives. */
final class Given
{
    public mixed $more = null;
    private mixed $part;

    public function __construct(mixed $part)
    {
        $this->part = $part;
    }

    public function part(): mixed
    {
        return $this->part;
    }

    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        return ["\0" . self::class . "\0part" => $this->part, 'more' => 1];
    }
}

/** Knows whether what it holds was ready when it was made. */
final class Waiting
{
    public bool $isReady = false;

    public function __construct(public mixed $part)
    {
    }

    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        return ['part' => $this->part];
    }

    /** @param array<string, mixed> $data */
    public function __unserialize(array $data): void
    {
        $this->part = $data['part'];
        $this->isReady = !$this->part instanceof self || $this->part->isReady;
    }
}

final class Caller
{
    public function __construct(private Closure $f)
    {
    }

    public function __invoke(int $n): int
    {
        return ($this->f)($n);
    }
}

final class Items extends ArrayObject
{
    public mixed $label = 'x';
}

final class Walk extends ArrayIterator
{
    public mixed $label = 'x';
}

final class Day extends DateTimeImmutable
{
    public mixed $note = null;
}

/** Refuses properties that it does not know. */
#[\AllowDynamicProperties]
final class Strict
{
    public array $set = [];

    public function __set(string $name, mixed $value): void
    {
        $this->set[] = $name;
    }
}

final class Heap extends \SplMinHeap
{
    public string $label = 'mine';
}

final class Failure extends \RuntimeException
{
    public mixed $detail = null;
}

enum Level: int
{
    case Low = 1;
    case High = 2;

    public function label(): string
    {
        return "level $this->name";
    }
}

/** Its `__sleep()` gives what PHP makes null of, in place of the object. */
final class Sleepless
{
    public function __sleep()
    {
        return null;
    }
}

/** Its `__serialize()` gives no array. */
final class Countless
{
    public function __serialize()
    {
        return 5;
    }
}

/** Can be sent, and not received. */
final class Unwilling
{
    public function __wakeup(): void
    {
        throw new \DomainException('not today');
    }
}

/** An exception that says itself what is serialized of it: nothing of its place. */
final class Retold extends \RuntimeException
{
    public function __serialize(): array
    {
        return ['message' => $this->message];
    }

    public function __unserialize(array $data): void
    {
        $this->message = $data['message'];
    }
}
