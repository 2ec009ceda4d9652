<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use Opis\Closure\ClosureInfo;
use Opis\Closure\ReflectionClosure;
use Opis\Closure\Serializer;
use ReflectionFunction;

/**
 * opis/closure 4.
 *
 * By itself it takes the first closure of a line, and misreads some: an arrow function that gives one with a return
 * type. What it makes of a closure is compared with the code that {@see ClosureSource} has found, and where it is
 * something else the library is given the right code.
 */
final class Opis4Codec implements ClosureCodec
{
    /** Is once in a payload for each closure in it. */
    private const CODE_IN_PAYLOAD = 's:4:"info";';

    /** How many pieces of code are remembered. */
    private const MAX_KEPT = 1_000;

    /** @var array<string, ?ClosureInfo> what the library is given, by code, file, line and scope; null: it is right */
    private array $infos = [];

    /** @var array<string, string> payloads of closures without captured values, by the same */
    private array $payloads = [];

    public static function isInstalled(): bool
    {
        return class_exists(Serializer::class);
    }

    public function encode(Closure $closure, ?Closure $hint = null): string
    {
        $packing = Packing::of($closure, $hint);
        $reflection = $packing->reflection;
        $isConstant = $packing->source !== null && Serializer::getSecurityProvider() === null
            && $reflection->getClosureUsedVariables() === [] && $reflection->getClosureThis() === null;
        if (!$isConstant) {
            return $this->serialize($packing);
        }
        if (count($this->payloads) >= self::MAX_KEPT) {
            $this->payloads = [];
        }
        return $this->payloads[$packing->source->keyOf($reflection)] ??= $this->serialize($packing);
    }

    private function serialize(Packing $packing): string
    {
        return $packing->serialize(function () use ($packing): string {
            if ($packing->source !== null) {
                $this->tell($packing->closure, $packing->source);
            }
            $payload = Serializer::serialize($packing->closure);
            if (!$packing->mayCarryClosures() || substr_count($payload, self::CODE_IN_PAYLOAD) < 2) {
                return $payload;
            }
            return $this->tellAll($packing->captured()) ? Serializer::serialize($packing->closure) : $payload;
        });
    }

    /**
     * @param list<array{Closure, ?ClosureSource}> $closures
     * @return bool whether the library had one of them wrong
     */
    private function tellAll(array $closures): bool
    {
        $isNews = false;
        foreach ($closures as [$closure, $source]) {
            $isNews = $source !== null && $this->tell($closure, $source) || $isNews;
        }
        return $isNews;
    }

    private function tell(Closure $closure, ClosureSource $source): bool
    {
        $function = new ReflectionFunction($closure);
        $key = $source->keyOf($function);
        if (!array_key_exists($key, $this->infos)) {
            if (count($this->infos) >= self::MAX_KEPT) {
                $this->infos = [];
            }
            $isRight = $source->isFirst() && $source->isSameAs(self::codeAsRead($closure));
            $this->infos[$key] = $isRight ? null : self::infoOf($source, $function);
        }
        $this->infos[$key]?->assoc($closure);
        return $this->infos[$key] !== null;
    }

    private static function codeAsRead(Closure $closure): string
    {
        Serializer::init();
        return (new ReflectionClosure($closure))->info()->__serialize()['body'] ?? '';
    }

    /** @throws ClosureNotSerializable when the library has no place for that, as early ones have not */
    private static function infoOf(ClosureSource $source, ReflectionFunction $function): ClosureInfo
    {
        if (!method_exists(ClosureInfo::class, 'assoc')) {
            throw new ClosureNotSerializable('opis/closure would take other code for the closure in line '
                . "{$function->getStartLine()} of {$function->getFileName()}, and this version of it can't be told; "
                . 'update it, or write the closure in a line of its own, in a simpler way');
        }
        $class = $function->getClosureScopeClass()?->getName();
        $uses = array_keys($source->code->uses) ?: null;
        return new ClosureInfo(
            $source->code->header,
            $source->portableCode(),
            $uses,
            ClosureInfo::flags(
                $source->isArrow(),
                $source->isStatic(),
                $source->code->usesThis(),
                $class !== null,
            ),
        );
    }
}
