<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use ReflectionFunction;
use Throwable;
use WeakMap;

/**
 * Has opis/closure 3, or Laravel's library that came from it, work on the code that {@see ClosureSource} has found.
 *
 * By themselves they take the first closure of a line, and go through the whole file for each one. Their reflection of
 * a closure is given the right tokens instead, and what it made of them for an earlier closure of the same code. Where
 * a version of the library has no place for that, it is left to itself, and closures for which it would take another
 * one's code are refused.
 *
 * @internal
 */
final class Guide
{
    /** What the reflection keeps of a closure's code. */
    private const KEPT = ['code', 'isBindingRequired', 'isScopeRequired', 'isStaticClosure', 'isShortClosure'];

    /** Is once in a payload for each closure in it. */
    private const CODE_IN_PAYLOAD = 's:8:"function";';

    /** How many pieces of code are remembered. */
    private const MAX_KEPT = 1_000;

    private readonly bool $isPossible;

    private readonly Closure $set;

    private readonly Closure $get;

    private readonly Closure $adopt;

    /** @var array<string, array<string, mixed>> what was kept, by code, file, line and scope */
    private array $kept = [];

    /** @var array<string, bool> whether the library reads the code of a captured closure as it is, by the same */
    private array $isRead = [];

    /** @var array<string, string> payloads of closures without captured values */
    private array $payloads = [];

    /** @var WeakMap<Closure, string> the same, by the closures that have been serialized */
    private WeakMap $known;

    /**
     * @param class-string<ReflectionFunction> $reflection of a closure, in the library
     * @param class-string $serializer which keeps the reflection
     * @param bool $losesNamespaces whether the library takes all code for that of the global namespace
     */
    public function __construct(
        private readonly string $reflection,
        string $serializer,
        private readonly bool $losesNamespaces = false,
    ) {
        $this->known = new WeakMap();
        $possible = property_exists($serializer, 'reflector');
        foreach ([...self::KEPT, 'tokens', 'useVariables'] as $property) {
            $possible = $possible && property_exists($reflection, $property);
        }
        $this->isPossible = $possible;
        $this->set = Closure::bind(static function (object $reflection, array $values): void {
            foreach ($values as $name => $value) {
                $reflection->$name = $value;
            }
        }, null, $reflection);
        $this->get = Closure::bind(static function (object $reflection, array $names): array {
            $reflection->getCode();
            $values = [];
            foreach ($names as $name) {
                $values[$name] = $reflection->$name;
            }
            return $values;
        }, null, $reflection);
        $this->adopt = Closure::bind(static function (object $serializer, object $reflection): void {
            $serializer->reflector = $reflection;
        }, null, $serializer);
    }

    /** The payload of a closure that was serialized before, where that can't have changed. */
    public function again(Closure $closure): ?string
    {
        return $this->known[$closure] ?? null;
    }

    /**
     * @param ?Closure(): ?string $hint
     * @param Closure(Closure): array{object, ?object} $wrap gives what is serialized in the place of a closure, and the
     *     object in it that keeps the reflection
     */
    public function serialize(Closure $closure, ?Closure $hint, Closure $wrap): string
    {
        $packing = Packing::of($closure, $hint);
        $source = $packing->source;
        [$wrapper, $serializer] = $wrap($packing->closure);
        if ($source === null || $serializer === null || !$this->isPossible) {
            return $this->alone($packing, $wrapper);
        }
        $reflection = $packing->reflection;
        $this->checkNamespace($source);
        $key = $source->keyOf($reflection);
        $isConstant = $reflection->getClosureUsedVariables() === [] && $reflection->getClosureThis() === null;
        if ($isConstant && isset($this->payloads[$key])) {
            return $this->known[$closure] = $this->payloads[$key];
        }
        $payload = $packing->serialize(function () use ($packing, $source, $key, $serializer, $wrapper): string {
            ($this->adopt)($serializer, $this->reflect($packing, $source, $key));
            return $this->serializeAll($wrapper, $packing);
        });
        if ($isConstant) {
            $this->known[$closure] = $this->payloads[$key] = $payload;
        }
        return $payload;
    }

    /** The library's reflection, which knows already what it would find out. */
    private function reflect(Packing $packing, ClosureSource $source, string $key): ReflectionFunction
    {
        $reflection = new $this->reflection($packing->closure);
        if (!isset($this->kept[$key])) {
            if (count($this->kept) >= self::MAX_KEPT) {
                $this->kept = $this->payloads = $this->isRead = [];
            }
            ($this->set)($reflection, ['tokens' => $source->legacyTokens()]);
            $kept = ($this->get)($reflection, self::KEPT);
            if (!is_string($kept['code']) || !$source->isSameAs($kept['code'])) {
                throw new ClosureNotSerializable("the library for closures ({$this->reflection}) reads the code of the "
                    . "closure wrongly: \"{$source->code->text}\"; write it in a simpler way, or install opis/closure 4");
            }
            $kept['isBindingRequired'] = $source->code->usesThis();
            $this->kept[$key] = $kept;
        }
        $captured = $packing->reflection->getClosureUsedVariables();
        ($this->set)($reflection, $this->kept[$key] + ['useVariables' => $captured]);
        return $reflection;
    }

    /** @throws ClosureNotSerializable */
    private function checkNamespace(ClosureSource $source): void
    {
        $name = $this->losesNamespaces ? NamespaceUse::in($source->code) : null;
        if ($name !== null) {
            throw new ClosureNotSerializable('the library for closures (' . $this->reflection . ') does not know the namespace of '
                . "closures since PHP 8.4, and $name in line {$source->code->line} of {$source->code->file} would be "
                . 'something else; write the name with its namespace, leave the codec out, or install opis/closure 4');
        }
    }

    private function alone(Packing $packing, object $wrapper): string
    {
        if ($packing->source !== null && !$packing->source->isFirst()) {
            $reflection = $packing->reflection;
            throw new ClosureNotSerializable('another closure begins before this one in line '
                . "{$reflection->getStartLine()} of {$reflection->getFileName()}, and the library for closures would "
                . 'take that one; write each in a line of its own');
        }
        return $packing->serialize(fn(): string => $this->serializeAll($wrapper, $packing));
    }

    /**
     * Of the closures that the closure captured the library reads the code by itself: a look at them follows.
     *
     * @throws ClosureNotSerializable when one of them would be another one where it arrives
     */
    private function serializeAll(object $wrapper, Packing $packing): string
    {
        $payload = $failure = null;
        try {
            $payload = serialize($wrapper);
        } catch (Throwable $failure) {
            // because of one of them, maybe
        }
        if ($payload === null || $packing->mayCarryClosures() && substr_count($payload, self::CODE_IN_PAYLOAD) > 1) {
            foreach ($packing->captured() as [$closure, $source]) {
                $this->check($closure, $source);
            }
        }
        return $payload ?? throw $failure;
    }

    private function check(Closure $closure, ?ClosureSource $source): void
    {
        $reflection = new $this->reflection($closure);
        if (!ClosureSource::isWritten($reflection)) {
            throw new ClosureNotSerializable("the closure captured {$reflection->getName()}(...), which the library for "
                . "closures ({$this->reflection}) can't carry; write a closure around it, or install opis/closure 4");
        }
        if ($source === null) {
            return;
        }
        $this->checkNamespace($source);
        $key = $source->keyOf($reflection);
        $this->isRead[$key] ??= $source->isFirst() && $source->isSameAs((string) $reflection->getCode());
        if (!$this->isRead[$key]) {
            throw new ClosureNotSerializable("the closure captured another one, from line {$reflection->getStartLine()} "
                . "of {$reflection->getFileName()}, whose code the library for closures ({$this->reflection}) reads "
                . 'wrongly; write it in a line of its own, in a simpler way, or install opis/closure 4');
        }
    }
}
