<?php

declare(strict_types=1);

namespace B7s\Parallite\Daemon;

/**
 * The environment of this process, for what it starts: the daemon, and through it every worker, keep it.
 *
 * Under a web server `getenv()` holds what the request has brought as well: headers as `HTTP_…`, passwords as
 * `PHP_AUTH_…`, the query. None of that is passed on.
 */
final class Environment
{
    /** SAPIs whose environment is the process's own and nothing else. */
    private const WITHOUT_REQUESTS = ['cli', 'phpdbg', 'embed', 'micro'];

    /** What CGI tells of a request. Under CGI proper it is indeed in the environment of the process. */
    private const OF_REQUESTS = '/^(HTTP|REDIRECT|PHP_AUTH|REMOTE|REQUEST|SCRIPT|SERVER|CONTENT|SSL|FCGI|ORIG)_|^(QUERY_STRING'
        . '|PATH_INFO|PATH_TRANSLATED|DOCUMENT_ROOT|DOCUMENT_URI|CONTEXT_(PREFIX|DOCUMENT_ROOT)|AUTH_TYPE|GATEWAY_INTERFACE'
        . '|PHP_SELF|HTTPS|argv|argc|UNIQUE_ID|PHP_VALUE|PHP_ADMIN_VALUE)$/';

    /** @var array<string, int> by name */
    private static array $withheld = [];

    private function __construct()
    {
    }

    /**
     * Names variables that are not passed on: this process has set them for itself, from a file that workers read anew.
     *
     * @param list<string> $names
     */
    public static function withhold(array $names): void
    {
        self::$withheld = array_flip($names);
    }

    /** @return array<string, string> by name */
    public static function ofProcess(): array
    {
        $all = getenv();
        $environment = in_array(PHP_SAPI, self::WITHOUT_REQUESTS, true)
            ? $all
            : self::withoutRequest(array_keys($all + $_ENV + $_SERVER));
        return array_diff_key($environment, self::$withheld);
    }

    /**
     * The variables of these names that the system knows, without those of a request.
     *
     * @param list<array-key> $names
     * @return array<string, string>
     */
    private static function withoutRequest(array $names): array
    {
        $environment = [];
        foreach ($names as $name) {
            $value = preg_match(self::OF_REQUESTS, (string) $name) === 1 ? false : getenv((string) $name, true);
            if ($value !== false) {
                $environment[(string) $name] = $value;
            }
        }
        return $environment;
    }
}
