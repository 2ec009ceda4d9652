<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;
use UnexpectedValueException;

/**
 * What is compiled of the code of a closure: a function that gives a function that declares the closure, with as many
 * lines before as in its own file.
 *
 * Magic constants are replaced by what they are there. Each closure has a tag in its doc comment, which tells which
 * one it is: so it can travel again, whatever else is in its line, and whether its file is there or not.
 *
 * @internal
 */
final class UnitSource
{
    private const TAG = '/@parallite-closure ([0-9a-f]{32}) (\d+) \*\/$/D';

    /** What PHP 8.4 names a closure that is declared by a function that a function gives. */
    public const NAME = '/\{closure:\{closure:\{closure:([^{}]+):(\d+)\}:\2\}:(\d+)\}/';

    /** Attributes that PHP refuses on functions: they are for other things, or of a newer PHP than the sender's. */
    private const NOT_FOR_FUNCTIONS
        = '/^#\[\s*\\\\?(?:AllowDynamicProperties|Attribute|Override|ReturnTypeWillChange|SensitiveParameter)\b[^,\[]*\]$/i';

    public readonly string $text;

    /** @var list<WrittenClosure> */
    public readonly array $closures;

    public readonly bool $hasStatefulClass;

    /** @var array<int, array{int, string}> length and what comes in its place, by position */
    private array $edits = [];

    /**
     * @param list<string> $statics names of static variables that {@see StaticVariables::HOLDER} holds
     * @throws UnexpectedValueException when the code is not that of a closure
     */
    public function __construct(private readonly ClosureCode $code, array $statics = [])
    {
        $head = '<?php' . str_repeat("\n", $code->line - 1)
            . (($code->flags & ClosureCode::IS_STRICT) !== 0 ? ' declare(strict_types=1);' : '')
            . ($code->ticks() > 0 ? " declare(ticks={$code->ticks()});" : '')
            . " $code->header return ";
        $source = "$head$code->text;";
        $context = new CodeContext(new Imports(), $code->class, ($code->flags & ClosureCode::IN_TRAIT) !== 0);
        $parser = new SourceParser($source, $context);
        $this->closures = $parser->closures;
        $this->hasStatefulClass = $parser->hasStatefulClass;
        if (($this->closures[0]->text ?? '') !== $code->text) {
            throw new UnexpectedValueException('the code is not that of a closure');
        }
        foreach ($this->closures as $i => $closure) {
            $this->tag($closure, $i);
            $this->dropAttributes($closure);
        }
        if ($statics !== []) {
            $this->holdStatics($source, $statics);
        }
        foreach ($parser->magicConstants as [$token, $around]) {
            $this->replace($token, $around);
        }
        $body = substr($this->edited($source), strlen($head), -1);
        $this->text = substr($head, 0, -strlen(' return ')) . ' return function () { return static function (array &$__captured) {'
            . " \\extract(\$__captured, 256); return $body; }; };";
    }

    /**
     * The name of the file that PHP is given. It must be another than the file's own, for that would count as included
     * then, unless it is.
     */
    public static function nameOf(string $file): string
    {
        $slash = strrpos($file, '/');
        return $slash === false || in_array($file, get_included_files(), true)
            ? $file
            : substr($file, 0, $slash) . '/./' . substr($file, $slash + 1);
    }

    /** The same of a name that PHP gives. */
    public static function fileOf(string $name): string
    {
        return str_replace('/./', '/', $name);
    }

    /** @return ?array{string, int} the hash of the code of a closure's unit, and which of its closures it is */
    public static function tagIn(string $docComment): ?array
    {
        return preg_match(self::TAG, $docComment, $match) === 1 ? [$match[1], (int) $match[2]] : null;
    }

    /** What `__FUNCTION__` is in one of the closures. */
    public function functionOf(WrittenClosure $closure): string
    {
        return self::nameIn($closure, $this->code);
    }

    public static function nameIn(WrittenClosure $closure, ClosureCode $code): string
    {
        $around = $closure->context->closure;
        return $around === null || !str_starts_with($code->function, '{closure:')
            ? $code->function
            : '{closure:' . self::nameIn($around, $code) . ":$closure->line}";
    }

    private function tag(WrittenClosure $closure, int $i): void
    {
        $tag = "@parallite-closure {$this->code->hash} $i */";
        $comment = $closure->docComment;
        if ($comment === null) {
            // where PHP looks for the comment before it reads on: behind & it would be too late
            $this->edits[$closure->keywordEnd] = [0, "/** $tag"];
        } else {
            $this->edits[$comment->pos + strlen($comment->text) - 2] = [2, $tag];
        }
    }

    /** @param list<string> $names */
    private function holdStatics(string $source, array $names): void
    {
        $closure = $this->closures[0];
        foreach ($closure->facts->statics as $statement) {
            if (array_intersect_key($statement[2], array_flip($names)) !== []) {
                [$start, $end] = $statement;
                $this->edits[$start] = [$end - $start, StaticVariables::statement($source, $statement, $names)];
            }
        }
        $holder = '&$' . StaticVariables::HOLDER;
        $this->edits[$closure->usesAt] = [0, $closure->uses === [] ? " use ($holder)" : "$holder, "];
        $this->hideHolder($source);
    }

    /** From get_defined_vars(), which gives all variables of the code. */
    private function hideHolder(string $source): void
    {
        if (stripos($source, 'get_defined_vars') === false) {
            return;
        }
        $tokens = array_values(array_filter(PhpToken::tokenize($source), static fn(PhpToken $t): bool => !$t->isIgnorable()));
        foreach ($tokens as $i => $token) {
            $isCalled = ($tokens[$i + 1]->text ?? '') === '(' && ($tokens[$i + 2]->text ?? '') === ')'
                && !$tokens[$i - 1]->is([T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION]);
            if ($isCalled && strcasecmp(ltrim($token->text, '\\'), 'get_defined_vars') === 0) {
                $this->edits[$token->pos] = [0, '\\array_diff_key('];
                $this->edits[$tokens[$i + 2]->pos + 1] = [0, ", ['" . StaticVariables::HOLDER . "' => 0])"];
            }
        }
    }

    private function dropAttributes(WrittenClosure $closure): void
    {
        foreach ($closure->attributes as [$position, $text]) {
            if (preg_match(self::NOT_FOR_FUNCTIONS, $text) === 1) {
                $this->edits[$position] = [strlen($text), str_repeat("\n", substr_count($text, "\n"))];
            }
        }
    }

    private function replace(PhpToken $token, CodeContext $around): void
    {
        $outermost = $around->closure;
        while ($outermost?->context->closure !== null) {
            $outermost = $outermost->context->closure;
        }
        $isOwn = $outermost === $this->closures[0];
        $value = match ($token->id) {
            T_FILE => $this->code->file,
            T_DIR => dirname($this->code->file),
            T_TRAIT_C => $isOwn ? ($around->isTrait ? $this->code->class : '') : null,
            T_FUNC_C, T_METHOD_C => $isOwn ? $this->functionOf($around->closure) : null,
            default => $isOwn && !$around->isTrait ? $this->code->class : null,
        };
        if ($token->id === T_CLASS_C && $isOwn && $around->isTrait) {
            $this->edits[$token->pos] = [strlen($token->text), 'self::class'];
        } elseif ($value !== null) {
            $this->edits[$token->pos] = [strlen($token->text), self::literal($value)];
        }
    }

    /** On one line. */
    private static function literal(string $value): string
    {
        return '"' . addcslashes($value, "\0..\37\"\\\$\177..\377") . '"';
    }

    private function edited(string $source): string
    {
        ksort($this->edits);
        $result = '';
        $at = 0;
        foreach ($this->edits as $position => [$length, $text]) {
            if ($position < $at) {
                continue; // within what has been replaced
            }
            $result .= substr($source, $at, $position - $at) . $text;
            $at = $position + $length;
        }
        return $result . substr($source, $at);
    }
}
