<?php

/**
 * Runs a test that is written for Pest in this application, by the little of Pest that it uses.
 *
 * php recipe.php FILE
 */

declare(strict_types=1);

use Illuminate\Contracts\Console\Kernel;

final class PestDouble
{
    /** @var list<Closure> */
    public static array $before = [];

    public function __construct(private readonly mixed $value)
    {
    }

    public function toBe(mixed $expected): void
    {
        if ($this->value !== $expected) {
            throw new LogicException('it is ' . var_export($this->value, true));
        }
    }
}

function beforeEach(Closure $code): void
{
    PestDouble::$before[] = $code;
}

function it(string $name, Closure $test): void
{
    foreach ([...PestDouble::$before, $test] as $code) {
        $code();
    }
    echo "it $name\n";
}

function expect(mixed $value): PestDouble
{
    return new PestDouble($value);
}

(require __DIR__ . '/bootstrap/app.php')->make(Kernel::class)->bootstrap();
require $argv[1];
