<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use RuntimeException;

/**
 * What PHP compiles files to, as opcache dumps it.
 */
final class Opcodes
{
    private const OPTIONS = [
        'opcache.enable' => '1',
        'opcache.enable_cli' => '1',
        'opcache.optimization_level' => '0x7FFEBFFF',
        'opcache.opt_debug_level' => '0x30000', // before and after the optimizer
        // each file is compiled, and by opcache
        'opcache.file_cache' => '',
        'opcache.file_cache_only' => '0',
        'opcache.file_update_protection' => '0',
        'opcache.blacklist_filename' => '',
        'opcache.max_file_size' => '0',
        'opcache.restrict_api' => '',
        'opcache.preload' => '',
    ];

    /** Where these land, PHP looks for signals. The last operand is the number of the opcode there. */
    private const JUMP = '/^(?:\S+ = )?(JMPZ?|JMPNZ|JMPZ_EX|JMPNZ_EX|JMP_SET|COALESCE|JMP_NULL) (?:.* )?(\d{4,})$/D';

    private function __construct()
    {
    }

    /**
     * The jumps that land where an argument is passed.
     *
     * @param list<string> $files absolute paths, without links
     * @return list<string> `FILE:LINE NAME: OPCODE`, the line and the name being those of the function
     */
    public static function jumpsToArguments(array $files): array
    {
        $jumps = [];
        foreach (self::functions($files) as [$function, $opcodes]) {
            foreach ($opcodes as $opcode) {
                if (preg_match(self::JUMP, $opcode, $jump) === 1 && self::isArgument($opcodes, (int) $jump[2])) {
                    $jumps["$function: $jump[1]"] = true;
                }
            }
        }
        return array_keys($jumps);
    }

    /** @param array<int, string> $opcodes */
    private static function isArgument(array $opcodes, int $number): bool
    {
        if (!str_starts_with($opcodes[$number] ?? '', 'SEND_')) {
            return false;
        }
        // from PHP 8.4 on, a call of a function in a namespace jumps over the faster call of the global one, if there
        // is one of that name in the namespace; there is none
        $before = $opcodes[$number - 1];
        $before = $before === 'OP_DATA' || str_starts_with($before, 'OP_DATA ') ? $opcodes[$number - 2] : $before;
        return !str_contains($before, 'FRAMELESS_ICALL');
    }

    /**
     * @param list<string> $files
     * @return list<array{string, array<int, string>}> file, line and name of each function, and its opcodes by number
     */
    private static function functions(array $files): array
    {
        $functions = [];
        $name = '';
        $isWanted = false;
        $lines = explode("\n", self::dump($files));
        foreach ($lines as $i => $line) {
            if (str_starts_with($lines[$i + 1] ?? '', '     ; (lines=')) {
                [$name, $isWanted] = [rtrim($line, ':'), false];
            } elseif (preg_match('/^     ; (\/.+):(\d+)-\d+$/D', $line, $place) === 1) {
                $isWanted = in_array($place[1], $files, true);
                $functions[] = ["$place[1]:$place[2] $name", []];
            } elseif ($isWanted && preg_match('/^(\d{4,}) (.+)$/D', $line, $opcode) === 1) {
                $functions[array_key_last($functions)][1][(int) $opcode[1]] = $opcode[2];
            }
        }
        return $functions;
    }

    /** @param list<string> $files */
    private static function dump(array $files): string
    {
        $options = [];
        foreach (self::OPTIONS as $name => $value) {
            array_push($options, '-d', "$name=$value");
        }
        $list = var_export($files, true);
        $script = PhpScript::run("array_map(opcache_compile_file(...), $list);", options: $options);
        if ($script->exitCode !== 0) {
            throw new RuntimeException("PHP has ended with {$script->exitCode}: " . substr($script->output, -1_000));
        }
        return $script->output;
    }
}
