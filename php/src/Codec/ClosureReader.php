<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use PhpToken;
use ReflectionFunction;
use ReflectionMethod;
use WeakMap;

/**
 * Finds the code of closures in the files where they are written. Reflection tells the line where a closure begins, but
 * not which of those that begin there it is; what fits more than one is refused.
 *
 * @internal
 */
final class ClosureReader
{
    /** @var ?WeakMap<Closure, ClosureCode> */
    private static ?WeakMap $known = null;

    private function __construct()
    {
    }

    /**
     * @param ?Closure(): ?string $hint {@see ClosureCode::of()}
     * @throws ClosureNotSerializable
     */
    public static function codeOf(ReflectionFunction $function, ?Closure $hint = null): ClosureCode
    {
        self::$known ??= new WeakMap();
        $closure = $function->getClosure();
        return self::$known[$closure] ??= ClosureCompiler::codeOf($function) ?? self::inFile($function, $hint);
    }

    /**
     * @param ?Closure(): ?string $hint
     * @throws ClosureNotSerializable
     */
    private static function inFile(ReflectionFunction $function, ?Closure $hint): ClosureCode
    {
        $name = (string) $function->getFileName();
        if (str_contains($name, "eval()'d code")) {
            throw new ClosureNotSerializable("the closure comes from eval() in $name, so its code can't be read; "
                . 'write it in a file');
        }
        $file = SourceFile::named($name);
        $closures = $file->closuresIn((int) $function->getStartLine());
        // of several in a line this key would not tell all that the shape does
        $key = count($closures) === 1 ? self::keyOf($function) : null;
        if ($key !== null && isset($file->known[$key])) {
            return $file->known[$key];
        }
        $codes = [];
        foreach ($closures as $written) {
            if (ClosureShape::fits($written, $function)) {
                $place = spl_object_id($written) . " {$function->getName()}\n{$function->getClosureScopeClass()?->name}";
                $code = $file->known[$place]
                    ??= self::codeAs($written, $function, $name, $file->isStrict, $function->getName());
                $codes[$code->hash] = $code;
            }
        }
        if (count($codes) === 1) {
            $code = reset($codes);
            if ($key !== null) {
                $file->known[$key] = $code;
            }
            return $code;
        }
        return self::chosen($codes, $hint) ?? throw self::refusal($function, count($codes));
    }

    /** What a closure that was found before has to have in common with another one, to be of the same code. */
    private static function keyOf(ReflectionFunction $function): string
    {
        $marks = (int) $function->isStatic() | (int) $function->isGenerator() << 1;
        return "$marks $function\n{$function->getClosureScopeClass()?->name}";
    }

    /**
     * @param array<string, ClosureCode> $codes
     * @param ?Closure(): ?string $hint
     */
    private static function chosen(array $codes, ?Closure $hint): ?ClosureCode
    {
        $text = $codes === [] || $hint === null ? null : $hint();
        if ($text === null) {
            return null;
        }
        $fitting = array_filter($codes, static fn(ClosureCode $code): bool
            => WrittenCall::textOf(array_slice(PhpToken::tokenize("<?php $code->text"), 1)) === $text);
        return count($fitting) === 1 ? reset($fitting) : null;
    }

    private static function refusal(ReflectionFunction $function, int $count): ClosureNotSerializable
    {
        $line = $function->getStartLine();
        $file = (string) $function->getFileName();
        $isRebuilt = preg_match('~^[a-z-]*closure://~', $file) === 1; // of a library, for which the name of a file is its code
        $place = $isRebuilt ? 'one line of a closure that was sent here' : "line $line of $file";
        $reason = $count === 0
            ? "$file has no such closure in line $line; it was changed after this process had loaded it: restart the process"
            : "$count closures begin in $place, and which of them is meant can't be told; write each in a line of its own";
        return new ClosureNotSerializable($reason);
    }

    /** @internal */
    public static function codeAs(
        WrittenClosure $written,
        ReflectionFunction $function,
        string $file,
        bool $isStrict,
        string $name,
    ): ClosureCode {
        $context = $written->context;
        $scope = $function->getClosureScopeClass()?->name;
        $flags = self::flagsOfCalls($written, $scope)
            | min($written->ticks, ClosureCode::MAX_TICKS) * ClosureCode::TICKS
            | ($isStrict ? ClosureCode::IS_STRICT : 0)
            | ($written->isStatic ? ClosureCode::IS_STATIC : 0)
            | ($written->isArrow ? ClosureCode::IS_ARROW : 0)
            | ($context->isTrait ? ClosureCode::IN_TRAIT : 0)
            | ($written->mayUseThis() ? ClosureCode::USES_THIS : 0)
            | ($written->asksForClass() ? ClosureCode::USES_CALLED_CLASS : 0)
            | (!$written->mayAskForScope() && self::isOrphan($scope) ? ClosureCode::IS_FREE : 0);
        $class = $context->class === 'class@anonymous' ? (string) $scope : $context->class;
        return new ClosureCode(
            $written->text,
            $file,
            $written->firstLine,
            $context->imports->header(self::wordsOf($written->text), $written->imports),
            $flags,
            $written->uses,
            $written->facts->namesOfStatics(),
            $class,
            $name,
        );
    }

    /**
     * Whether the class inherits nothing.
     *
     * @param ?class-string $scope
     */
    private static function isOrphan(?string $scope): bool
    {
        return $scope !== null && get_parent_class($scope) === false;
    }

    /**
     * What calls such as parent::build() need: they may be of methods of `$this`.
     *
     * @param ?class-string $scope
     */
    private static function flagsOfCalls(WrittenClosure $written, ?string $scope): int
    {
        $flags = 0;
        foreach ($scope === null ? [] : $written->calls() as [$name, $method, $isCallable]) {
            $class = match (strtolower($name)) {
                'self', 'static' => $scope,
                'parent' => get_parent_class($scope) ?: $scope,
                default => self::ancestor($scope, $name),
            };
            if ($class !== null) {
                $flags |= self::flagsOfCall($class, $method, $isCallable, $scope);
            }
        }
        return $flags;
    }

    /**
     * @param class-string $class the scope, or one above it
     * @param class-string $scope
     */
    private static function flagsOfCall(string $class, string $method, bool $isCallable, string $scope): int
    {
        if (!method_exists($class, $method)) {
            return $isCallable && !method_exists($class, '__call') ? 0 : ClosureCode::USES_THIS;
        }
        if (!(new ReflectionMethod($class, $method))->isStatic()) {
            return ClosureCode::USES_THIS;
        }
        return match (true) {
            !$isCallable => 0,
            $class === $scope => ClosureCode::CALLS_SCOPE,
            default => ClosureCode::USES_THIS,
        };
    }

    /**
     * The class above that may have the name, however it is imported.
     *
     * @param class-string $scope
     */
    private static function ancestor(string $scope, string $name): ?string
    {
        $last = strrchr("\\$name", '\\');
        foreach ([$scope, ...class_parents($scope)] as $class) {
            if (strcasecmp((string) strrchr("\\$class", '\\'), (string) $last) === 0) {
                return $class;
            }
        }
        return null;
    }

    /** @return array<string, true> what may be the first part of a name, in lower case */
    private static function wordsOf(string $text): array
    {
        $words = [];
        foreach (PhpToken::tokenize("<?php $text") as $token) {
            if ($token->id === T_STRING || $token->id === T_NAME_QUALIFIED) {
                $words[strtolower(explode('\\', $token->text, 2)[0])] = true;
            }
        }
        return $words;
    }
}
