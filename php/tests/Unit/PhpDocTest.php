<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use PHPStan\PhpDocParser\Ast\Node;
use PHPStan\PhpDocParser\Ast\PhpDoc\InvalidTagValueNode;
use PHPStan\PhpDocParser\Ast\PhpDoc\PhpDocNode;
use PHPStan\PhpDocParser\Ast\Type\ArrayShapeItemNode;
use PHPStan\PhpDocParser\Ast\Type\IdentifierTypeNode;
use PHPStan\PhpDocParser\Lexer\Lexer;
use PHPStan\PhpDocParser\Parser\ConstExprParser;
use PHPStan\PhpDocParser\Parser\PhpDocParser;
use PHPStan\PhpDocParser\Parser\TokenIterator;
use PHPStan\PhpDocParser\Parser\TypeParser;
use PHPUnit\Framework\TestCase;
use ReflectionClass;
use ReflectionMethod;

/**
 * PHPDoc as PHPStan reads it: by its own parser, phpstan/phpdoc-parser 1.
 */
final class PhpDocTest extends TestCase
{
    private const PACKAGE = __DIR__ . '/../../';

    private const DIRECTORIES = ['src', 'compat'];

    /** Names of types that are no classes. */
    private const WORDS = 'array array-key bool callable class-string false float int iterable list mixed never '
        . 'non-empty-array non-empty-list null object positive-int resource scalar self static string true void $this';

    /** What belongs to libraries that may be absent. */
    private const FOREIGN = '/^(Carbon|Illuminate|Laravel|MessagePack|Opis|Revolt)\\\\/';

    /** Native types that say nothing of what is in them. */
    private const OPAQUE = '/\b(array|iterable|Generator|Future|Settled)\b/';

    private static ?PhpDocParser $parser = null;

    protected function setUp(): void
    {
        if (!class_exists(PhpDocParser::class) || class_exists('PHPStan\PhpDocParser\ParserConfig')) {
            self::markTestSkipped('phpstan/phpdoc-parser 1 is not installed (Debian: php-phpstan-phpdoc-parser)');
        }
    }

    public function testPhpStanCanParseAllOfIt(): void
    {
        $count = 0;
        foreach (self::comments() as $place => $comment) {
            foreach (self::parse($comment)->getTags() as $tag) {
                $problem = $tag->value instanceof InvalidTagValueNode ? $tag->value->exception->getMessage() : null;
                self::assertNull($problem, "$place $tag: $problem");
                $count++;
            }
        }
        self::assertGreaterThan(500, $count);
    }

    public function testEveryTypeExists(): void
    {
        $known = array_flip(explode(' ', self::WORDS));
        foreach (self::comments() as $place => $comment) {
            $code = (string) file_get_contents(strtok($place, ':'));
            foreach (self::typesIn(self::parse($comment)) as $type) {
                $isKnown = isset($known[$type]) || in_array($type, self::templatesIn($code), true);
                if (!$isKnown) {
                    $class = self::resolve($type, $code);
                    $exists = class_exists($class) || interface_exists($class) || preg_match(self::FOREIGN, $class) === 1;
                    self::assertTrue($exists, "$place names $class, which does not exist");
                }
            }
        }
    }

    /** What PHPStan asks for from level 6 on: whoever gets an array or a future can tell what is in it. */
    public function testSaysWhatIsInArraysAndFutures(): void
    {
        $count = 0;
        foreach (self::classes() as $class) {
            foreach ($class->getMethods() as $method) {
                if ($method->getDeclaringClass()->name !== $class->name || !$method->isUserDefined()) {
                    continue;
                }
                $comment = self::commentOf($method);
                $name = "$class->name::$method->name";
                if (preg_match(self::OPAQUE, (string) $method->getReturnType()) === 1) {
                    self::assertMatchesRegularExpression('/@return\b/', $comment, $name);
                    $count++;
                }
                foreach ($method->getParameters() as $parameter) {
                    if (preg_match(self::OPAQUE, (string) $parameter->getType()) === 1) {
                        $isTold = '/@(param|var)\b[^@]*\$' . $parameter->getName() . '\b|@var\b/';
                        $told = $comment . ($parameter->isPromoted()
                            ? $class->getProperty($parameter->getName())->getDocComment() : '');
                        self::assertMatchesRegularExpression($isTold, $told, "$name(\${$parameter->getName()})");
                        $count++;
                    }
                }
            }
        }
        self::assertGreaterThan(100, $count);
    }

    /** @return iterable<string, string> by file and line */
    private static function comments(): iterable
    {
        foreach (self::files() as $file) {
            foreach (\PhpToken::tokenize((string) file_get_contents($file)) as $token) {
                if ($token->id === T_DOC_COMMENT) {
                    yield "$file:$token->line" => $token->text;
                }
            }
        }
    }

    /** @return iterable<string> */
    private static function files(): iterable
    {
        foreach (self::DIRECTORIES as $directory) {
            $all = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator(self::PACKAGE . $directory));
            foreach ($all as $file) {
                if ($file->getExtension() === 'php') {
                    yield (string) $file->getRealPath();
                }
            }
        }
    }

    /** @return iterable<ReflectionClass<object>> those that can be loaded without libraries that are absent */
    private static function classes(): iterable
    {
        foreach (self::files() as $file) {
            $code = (string) file_get_contents($file);
            $isOne = preg_match('/^(?:final |abstract |readonly )*(?:class|interface|trait|enum) (\w+)/m', $code, $name) === 1
                && preg_match('/^(?:use|namespace) (Illuminate|Revolt|B7s.Parallite.(Laravel|Revolt))\b/m', $code) !== 1;
            if ($isOne) {
                yield new ReflectionClass(self::resolve($name[1], $code));
            }
        }
    }

    private static function parse(string $comment): PhpDocNode
    {
        $constants = new ConstExprParser();
        self::$parser ??= new PhpDocParser(new TypeParser($constants), $constants);
        return self::$parser->parse(new TokenIterator((new Lexer())->tokenize($comment)));
    }

    /** @return list<string> */
    private static function typesIn(mixed $part): array
    {
        if ($part instanceof IdentifierTypeNode) {
            return [$part->name];
        }
        $types = [];
        foreach ($part instanceof Node ? get_object_vars($part) : (is_array($part) ? $part : []) as $name => $inner) {
            if (!$part instanceof ArrayShapeItemNode || $name === 'valueType') {
                $types = [...$types, ...self::typesIn($inner)];
            }
        }
        return $types;
    }

    /** @return list<string> */
    private static function templatesIn(string $code): array
    {
        preg_match_all('/@template(?:-covariant)? (\w+)/', $code, $found);
        return $found[1];
    }

    /** The class that a name means in some code. */
    private static function resolve(string $name, string $code): string
    {
        $import = '/^ *use (?:(\S+\\\\)?' . preg_quote($name, '/') . '|(\S+) as ' . preg_quote($name, '/') . ');$/m';
        return match (true) {
            $name[0] === '\\' => substr($name, 1),
            preg_match($import, $code, $used) === 1 => $used[2] ?? ($used[1] ?? '') . $name,
            default => (preg_match('/^namespace ([\w\\\\]+)/m', $code, $namespace) === 1 ? "$namespace[1]\\" : '') . $name,
        };
    }

    /** Its own, or that of the method which it implements. */
    private static function commentOf(ReflectionMethod $method): string
    {
        $comment = (string) $method->getDocComment();
        return $comment !== '' || !$method->hasPrototype() ? $comment : (string) $method->getPrototype()->getDocComment();
    }
}
