<?php

declare(strict_types=1);

namespace Parallite;

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\Opis3Codec;
use B7s\Parallite\Codec\Opis4Codec;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Ownership;

/**
 * The parallite.json of a project, as the client of the Go daemon reads it: `go_overrides` are settings of the daemon that
 * it starts. The rest of the file is read by the daemon itself.
 *
 * @internal
 */
final class Configuration
{
    /** What the daemon of a program has where neither `go_overrides` nor the file itself says otherwise. */
    private const DEFAULTS = [
        'timeout_ms' => 900_000,
        'fixed_workers' => 1,
        'prefix_name' => 'parallite_worker',
        'fail_mode' => 'continue',
        'max_payload_bytes' => 10_485_760,
    ];

    /** It lives while its program does, and a minute longer where that is killed. */
    private const LIFE = ['PARALLITE_IDLE_SHUTDOWN_MS' => '60000', 'PARALLITE_IDLE_SHUTDOWN_CONNECTIONS' => 'true'];

    /** The least and the most that counts. */
    private const RANGES = [
        'timeout_ms' => [1_000, 3_600_000],
        'fixed_workers' => [0, 100],
        'max_payload_bytes' => [1_024, 104_857_600],
    ];

    private const FAIL_MODES = ['continue', 'stop', 'restart'];

    /** @param array<array-key, mixed> $settings */
    private function __construct(
        private readonly string $projectRoot,
        public readonly ?string $file,
        private readonly array $settings,
    ) {
    }

    /** Of the project at this root; one without a file has none of its settings. */
    public static function of(string $projectRoot): self
    {
        $file = "$projectRoot/parallite.json";
        if (!is_file($file)) {
            return new self($projectRoot, null, []);
        }
        $settings = json_decode((string) file_get_contents($file), true);
        $settings = is_array($settings) ? $settings : [];
        return new self($projectRoot, $file, $settings);
    }

    /** @throws DaemonNotRunning when the file could be another user's */
    public function check(): void
    {
        $objection = $this->file === null ? null : Ownership::objectionTo($this->file);
        if ($objection !== null) {
            throw new DaemonNotRunning("no daemon is started: {$this->file} is not obeyed, since $objection");
        }
    }

    /**
     * The daemon's settings, for its environment. A variable that is there already is preferred to them.
     *
     * @return array<string, string>
     */
    public function environment(): array
    {
        $overrides = $this->overrides();
        $environment = self::LIFE;
        foreach (self::DEFAULTS as $name => $default) {
            if (isset($overrides[$name]) || !isset($this->settings[$name])) {
                $environment['PARALLITE_' . strtoupper($name)] = (string) ($overrides[$name] ?? $default);
            }
        }
        $script = $this->settings['worker_script'] ?? '';
        if ($script !== '' && $this->workerScript() === null) {
            $environment['PARALLITE_WORKER_SCRIPT'] = __DIR__ . '/Support/parallite-worker.php';
        }
        return array_filter($environment, static fn(string $name): bool => getenv($name) === false, ARRAY_FILTER_USE_KEY);
    }

    /** The library by which closures are packed for a worker script of the project's own; null: our own codec. */
    public function codec(): ?ClosureCodec
    {
        $script = $this->workerScript();
        $usesOpis = $script !== null && str_contains((string) file_get_contents($script), 'Opis\Closure\\');
        return match (true) {
            $usesOpis && Opis4Codec::isInstalled() => new Opis4Codec(),
            $usesOpis && Opis3Codec::isInstalled() => new Opis3Codec(),
            default => null,
        };
    }

    /** The configured script, if it exists. */
    private function workerScript(): ?string
    {
        $script = $this->settings['worker_script'] ?? null;
        if (!is_string($script) || $script === '') {
            return null;
        }
        $path = $script[0] === '/' ? $script : "{$this->projectRoot}/$script";
        return is_file($path) ? $path : null;
    }

    /** @return array<string, int|string> those of `go_overrides` that count */
    private function overrides(): array
    {
        $overrides = $this->settings['go_overrides'] ?? null;
        $valid = [];
        foreach (is_array($overrides) ? array_intersect_key($overrides, self::DEFAULTS) : [] as $name => $value) {
            if (self::isValid($name, $value)) {
                $valid[$name] = $value;
            } else {
                syslog(LOG_WARNING, "{$this->file}: go_overrides.$name is not valid, its default is used");
            }
        }
        return $valid;
    }

    private static function isValid(string $name, mixed $value): bool
    {
        return match ($name) {
            'prefix_name' => is_string($value) && preg_match('/^[\w-]{1,64}$/D', $value) === 1,
            'fail_mode' => in_array($value, self::FAIL_MODES, true),
            default => is_int($value) && $value >= self::RANGES[$name][0] && $value <= self::RANGES[$name][1],
        };
    }
}
