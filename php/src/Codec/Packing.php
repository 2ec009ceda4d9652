<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use ReflectionClass;
use ReflectionFunction;
use Throwable;

/**
 * What all codecs do before and after their library's work: find the code, leave behind what the closure does not
 * need, name what can't travel.
 *
 * @internal
 */
final class Packing
{
    private function __construct(
        public readonly Closure $closure,
        public readonly ReflectionFunction $reflection,
        public readonly ?ClosureSource $source,
    ) {
    }

    /**
     * @param ?Closure(): ?string $hint
     * @throws ClosureNotSerializable
     */
    public static function of(Closure $closure, ?Closure $hint): self
    {
        $reflection = new ReflectionFunction($closure);
        $source = ClosureSource::of($reflection, $hint);
        $scope = $reflection->getClosureScopeClass();
        $bound = self::bindingOf($closure, $reflection, $source, $scope);
        if ($bound !== $closure) {
            $closure = $bound;
            $reflection = new ReflectionFunction($closure);
        }
        $culprit = Culprit::resourceIn(self::cargo($reflection));
        if ($culprit !== null) {
            throw self::refusal($culprit);
        }
        return new self($closure, $reflection, $source);
    }

    /**
     * Without an object that was bound because the closure was written in a method, not because it is used. Without a
     * class that no worker can know.
     *
     * @param ?ReflectionClass<object> $scope
     */
    private static function bindingOf(
        Closure $closure,
        ReflectionFunction $reflection,
        ?ClosureSource $source,
        ?ReflectionClass $scope,
    ): Closure {
        $isAnonymous = $scope !== null && $scope->isAnonymous();
        $usesThis = $source !== null && $source->code->usesThis();
        $isLeft = $isAnonymous || $scope !== null && $source !== null && !$usesThis && !$source->code->usesCalledClass()
            && ClosureCode::isUnknowable($scope);
        if ($reflection->getClosureThis() !== null && !$usesThis) {
            $closure = @Closure::bind($closure, null) ?? $closure; // null: it does use it, says PHP
        } elseif ($isAnonymous && $reflection->getClosureThis() !== null) {
            throw new ClosureNotSerializable('the closure uses $this, whose class is anonymous: no worker knows it; '
                . 'give the class a name, or make the closure static and pass what it needs');
        }
        return $isLeft ? @Closure::bind($closure, null, null) ?? $closure : $closure;
    }

    /**
     * Has the library do it, without its complaints that it was written for an older PHP. When it fails, it tells the
     * class of what can't travel; this tells the way to it.
     *
     * @param Closure(): string $library
     * @throws ClosureNotSerializable
     */
    public function serialize(Closure $library): string
    {
        $previous = null;
        $previous = set_error_handler(static function (int $level, string $message, mixed ...$more) use (&$previous): bool {
            return self::isOfLibrary($level, $message)
                || $previous !== null && $previous($level, $message, ...$more) !== false;
        });
        try {
            return $library();
        } catch (ClosureNotSerializable $e) {
            throw $e;
        } catch (Throwable $e) {
            $this->captured(); // throws where it failed for that
            $reason = Culprit::in(self::cargo($this->reflection)) ?? $e->getMessage();
            throw self::refusal($reason, $e);
        } finally {
            restore_error_handler();
        }
    }

    /**
     * The closures that travel with this one, in the variables that it captured and in its object.
     *
     * @return list<array{Closure, ?ClosureSource}> each with its code; null when it was rebuilt from a payload, or
     *     has a name
     * @throws ClosureNotSerializable when it is uncertain which code one of them runs
     */
    public function captured(): array
    {
        return CapturedClosures::in(self::cargo($this->reflection));
    }

    /** Whether closures may travel with this one: not when it captured nothing but strings and numbers. */
    public function mayCarryClosures(): bool
    {
        foreach (self::cargo($this->reflection) as $value) {
            if (is_array($value) || is_object($value)) {
                return true;
            }
        }
        return false;
    }

    /** It was written for an older PHP, and looks for the files of evaluated code. */
    private static function isOfLibrary(int $level, string $message): bool
    {
        return ($level & (E_DEPRECATED | E_USER_DEPRECATED)) !== 0 || str_contains($message, "eval()'d code");
    }

    private static function refusal(string $culprit, ?Throwable $previous = null): ClosureNotSerializable
    {
        $advice = str_starts_with($culprit, '$this') ? '; make the closure static, and pass what it needs' : '';
        return new ClosureNotSerializable("the closure can't travel: $culprit$advice", previous: $previous);
    }

    /** @return array<string, mixed> what travels with the closure, by name */
    private static function cargo(ReflectionFunction $reflection): array
    {
        $cargo = [];
        if ($reflection->getClosureThis() !== null) {
            $cargo['$this'] = $reflection->getClosureThis();
        }
        foreach ($reflection->getClosureUsedVariables() as $name => $value) {
            $cargo["$$name"] = $value;
        }
        return $cargo;
    }
}
