<?php

/**
 * What tasks change, by the guard that puts it back: for each of them closures that change the thing when they are
 * called with "change", and in any case tell how it is. They are sent to workers one by one, and must not be loaded there.
 */

declare(strict_types=1);

use B7s\Parallite\Worker\State;

return [
    State\SignalHandlers::class => [
        'handlers of signals that are ignored by default' => static function (string $do): array {
            if ($do === 'change') {
                pcntl_signal(SIGWINCH, static fn() => throw new LogicException('left over'));
                pcntl_signal(SIGURG, static fn() => null);
            }
            return array_map(get_debug_type(...), array_map(pcntl_signal_get_handler(...), [SIGWINCH, SIGURG]));
        },
        'all handlers' => static function (string $do): array {
            $signals = array_diff(range(1, 31), [SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL]);
            if ($do === 'change') {
                foreach ($signals as $signal) {
                    pcntl_signal($signal, $signal % 2 === 0 ? SIG_IGN : static fn() => null);
                }
            }
            $names = array_map(pcntl_signal_get_handler(...), $signals);
            return [array_map(static fn($handler) => is_int($handler) ? $handler : get_debug_type($handler), $names)];
        },
        'asynchronous signals' => static function (string $do): array {
            if ($do === 'change') {
                pcntl_async_signals(false);
            }
            return [pcntl_async_signals()];
        },
    ],
    State\RealTimeSignals::class => [
        'a handler' => static function (string $do): array {
            if ($do === 'change') {
                pcntl_signal(SIGRTMIN + 2, static fn() => null);
            }
            $child = pcntl_fork();
            if ($child === 0) {
                posix_kill(getmypid(), SIGRTMIN + 2); // ends it, unless there is a handler
                posix_kill(getmypid(), SIGKILL);
            }
            pcntl_waitpid($child, $status);
            return [pcntl_wtermsig($status)];
        },
    ],
    State\ErrorHandler::class => [
        'several handlers' => static function (string $do): array {
            if ($do === 'change') {
                for ($i = 0; $i < 300; $i++) {
                    set_error_handler(static fn(): bool => true);
                }
            }
            $handler = set_error_handler(null);
            restore_error_handler();
            return [get_debug_type($handler)];
        },
    ],
    State\ExceptionHandler::class => [
        'several handlers' => static function (string $do): array {
            if ($do === 'change') {
                set_exception_handler(static fn() => null);
                set_exception_handler(static fn() => true);
            }
            $handler = set_exception_handler(null);
            restore_exception_handler();
            return [get_debug_type($handler)];
        },
    ],
    State\OutputBuffers::class => [
        'buffers with and without callbacks' => static function (string $do): array {
            if ($do === 'change') {
                ob_start();
                ob_start(static fn(string $text): string => strtoupper($text));
            }
            return ob_list_handlers();
        },
        'a buffer in the place of the worker\'s' => static function (string $do): array {
            if ($do === 'change') {
                ob_end_clean();
                ob_start(static fn(string $text): string => strtoupper($text));
            }
            return ob_list_handlers();
        },
    ],
    State\WorkingDirectory::class => [
        'chdir' => static function (string $do): array {
            if ($do === 'change') {
                chdir('/tmp');
            }
            return [getcwd()];
        },
        'a function whose name is data' => static function (string $do): array {
            if ($do === 'change') {
                array_map('ChDir', ['/tmp']);
            }
            return [getcwd()];
        },
    ],
    State\FileMode::class => [
        'umask' => static function (string $do): array {
            if ($do === 'change') {
                umask(0);
            }
            return [umask()];
        },
    ],
    State\TimeZone::class => [
        'date_default_timezone_set' => static function (string $do): array {
            if ($do === 'change') {
                date_default_timezone_set('Asia/Tokyo');
            }
            return [date_default_timezone_get(), date('e')];
        },
    ],
    State\SystemLocale::class => [
        'all categories' => static function (string $do): array {
            if ($do === 'change') {
                setlocale(LC_ALL, 'C.UTF-8');
            }
            return [setlocale(LC_ALL, '0')];
        },
        'one category' => static function (string $do): array {
            if ($do === 'change') {
                setlocale(LC_TIME, 'C.UTF-8');
            }
            return [setlocale(LC_ALL, '0'), setlocale(LC_TIME, '0')];
        },
    ],
    State\IniSettings::class => [
        'settings' => static function (string $do): array {
            if ($do === 'change') {
                foreach (['precision' => 3, 'memory_limit' => '1G', 'default_charset' => 'latin1', 'user_agent' => 'me',
                    'serialize_precision' => 5, 'display_errors' => 0, 'log_errors' => 1, 'error_log' => '/dev/null',
                    'html_errors' => 1, 'date.timezone' => 'Asia/Tokyo', 'libxml.nonexistent' => 1, 'assert.warning' => 0,
                    'arg_separator.output' => ';', 'pcre.backtrack_limit' => 7, 'highlight.string' => 'red',
                    'auto_detect_line_endings' => 1, 'unserialize_max_depth' => 3, 'session.gc_maxlifetime' => 9,
                    'url_rewriter.tags' => 'a=href', 'iconv.internal_encoding' => 'latin1', 'zlib.output_compression' => 0,
                    'max_input_time' => 1, 'default_socket_timeout' => 1] as $name => $value) {
                    @ini_set($name, (string) $value);
                }
            }
            return ini_get_all(null, false);
        },
        'functions that change settings' => static function (string $do): array {
            if ($do === 'change') {
                error_reporting(0);
                set_time_limit(77);
                set_include_path('/nowhere');
                ignore_user_abort(true);
                gc_disable();
            }
            return [error_reporting(), ini_get('max_execution_time'), get_include_path(), ignore_user_abort(), gc_enabled()];
        },
        'the default locale of intl' => static function (string $do): array {
            if ($do === 'change') {
                Locale::setDefault('de_DE');
            }
            return [Locale::getDefault(), ini_get('intl.default_locale')];
        },
        'the default locale of intl, as a setting' => static function (string $do): array {
            if ($do === 'change') {
                ini_set('intl.default_locale', 'fr_FR');
            }
            return [Locale::getDefault(), (new NumberFormatter('', NumberFormatter::DECIMAL))->format(1.5)];
        },
    ],
    State\ExtensionSettings::class => [
        'msgpack' => static function (string $do): array {
            if ($do === 'change') {
                ini_set('msgpack.assoc', '0');
                ini_set('msgpack.illegal_key_insert', '1');
            }
            return [ini_get('msgpack.assoc'), ini_get('msgpack.illegal_key_insert')];
        },
    ],
    State\Environment::class => [
        'variables' => static function (string $do): array {
            if ($do === 'change') {
                putenv('PARALLITE_TEST=1');
                putenv('PARALLITE_EMPTY=');
                putenv('WORKER_NAME');
                putenv('PATH=/nowhere');
            }
            $variables = getenv();
            unset($variables['TMPDIR']); // of each worker of these tests its own
            ksort($variables);
            return $variables;
        },
    ],
    State\Superglobals::class => [
        'all of them' => static function (string $do): array {
            if ($do === 'change') {
                $_SERVER['leak'] = $_GET['leak'] = $_POST['leak'] = $_COOKIE['leak'] = $_FILES['leak'] = 1;
                $_REQUEST['leak'] = $_ENV['leak'] = $_SESSION['leak'] = 1;
            }
            return [
                $_SERVER, $_GET, $_POST, $_COOKIE, $_FILES, $_REQUEST, $_ENV, $_SESSION ?? null, isset($_SERVER['argv']),
            ];
        },
        'taken away' => static function (string $do): array {
            if ($do === 'change') {
                unset($_SERVER['argv']);
                $_GET = ['all' => 'new'];
            }
            return [isset($_SERVER['argv']), $_GET];
        },
    ],
    State\BlockedSignals::class => [
        'pcntl_sigprocmask' => static function (string $do): array {
            if ($do === 'change') {
                pcntl_sigprocmask(SIG_BLOCK, [SIGTERM, SIGUSR2]);
            }
            pcntl_sigprocmask(SIG_BLOCK, [SIGKILL], $blocked);
            return $blocked;
        },
    ],
    State\Alarm::class => [
        'pcntl_alarm' => static function (string $do): array {
            $before = pcntl_alarm(0);
            if ($do === 'change') {
                pcntl_alarm(1000);
                return [1000];
            }
            return [$before];
        },
    ],
    State\RandomNumbers::class => [
        'a seed' => static function (string $do): array {
            if ($do === 'change') {
                mt_srand(42);
                return ['seeded'];
            }
            $drawn = mt_rand();
            mt_srand(42);
            return [$drawn === mt_rand()];
        },
    ],
    State\TextEncodings::class => [
        'encodings' => static function (string $do): array {
            if ($do === 'change') {
                mb_internal_encoding('ISO-8859-1');
                mb_substitute_character('none');
                mb_detect_order('ASCII');
                mb_http_output('ISO-8859-1');
            }
            return [mb_internal_encoding(), mb_substitute_character(), mb_detect_order(), mb_http_output()];
        },
        'language' => static function (string $do): array {
            if ($do === 'change') {
                mb_language('Japanese');
            }
            return [mb_language(), mb_detect_order()];
        },
        'regular expressions' => static function (string $do): array {
            if ($do === 'change') {
                mb_regex_encoding('EUC-JP');
                mb_regex_set_options('ix');
                mb_ereg_search_init('secret', 'e');
                mb_ereg_search();
            }
            return [mb_regex_encoding(), mb_regex_set_options(), mb_ereg_search_getregs(), mb_ereg_search_getpos()];
        },
    ],
    State\StringTokens::class => [
        'strtok' => static function (string $do): array {
            return [$do === 'change' ? strtok('one two', ' ') : strtok(' ')];
        },
    ],
    State\LastErrors::class => [
        'errors' => static function (string $do): array {
            if ($do === 'change') {
                json_decode('{');
                @preg_match('/(?:\D+|<\d+>)*[!?]/', 'foobar foobar foobar');
                @$array['a'];
                libxml_use_internal_errors(true);
                (new DOMDocument())->loadXML('<a>');
                openssl_pkey_get_private('no key');
                @socket_connect(socket_create(AF_INET, SOCK_STREAM, SOL_TCP), '127.0.0.1', 1);
            }
            return [
                json_last_error(), preg_last_error(), error_get_last(), count(libxml_get_errors()), openssl_error_string(),
                socket_last_error(),
            ];
        },
    ],
    State\XmlSettings::class => [
        'libxml' => static function (string $do): array {
            if ($do === 'change') {
                libxml_use_internal_errors(true);
                libxml_set_external_entity_loader(static fn() => null);
            }
            return [libxml_use_internal_errors(), get_debug_type(libxml_get_external_entity_loader())];
        },
        'its stream context' => static function (string $do): array {
            if ($do === 'change') {
                libxml_set_streams_context(stream_context_create(['http' => ['user_agent' => 'leak', 'method' => 'POST']]));
            }
            $server = stream_socket_server('tcp://127.0.0.1:0');
            $address = stream_socket_get_name($server, false);
            if (pcntl_fork() === 0) {
                $client = stream_socket_accept($server, 5);
                $request = fread($client, 4_096);
                fwrite($client, "HTTP/1.0 200 OK\r\n\r\n<a b=\"" . strtok($request, ' ') . '"/>');
                posix_kill(getmypid(), SIGKILL);
            }
            $document = new DOMDocument();
            $document->load("http://$address/");
            pcntl_wait($status);
            return [$document->documentElement?->getAttribute('b')];
        },
    ],
    State\HttpHeaders::class => [
        'headers and response code' => static function (string $do): array {
            if ($do === 'change') {
                header('X-Leak: 1');
                setcookie('leak', '1');
                http_response_code(404);
                header_register_callback(static fn() => print 'leak');
            }
            return [headers_list(), http_response_code()];
        },
    ],
    State\Session::class => [
        'id and name' => static function (string $do): array {
            if ($do === 'change') {
                session_id('leak');
                session_name('LEAK');
                session_save_path('/nowhere');
                session_cache_limiter('public');
                session_cache_expire(1);
                session_set_cookie_params(['lifetime' => 7, 'path' => '/leak']);
            }
            return [
                session_id(), session_name(), session_save_path(), session_cache_limiter(), session_cache_expire(),
                session_get_cookie_params(),
            ];
        },
        'an open one, with a handler' => static function (string $do): array {
            if ($do === 'change') {
                session_set_save_handler(new class () implements SessionHandlerInterface {
                    public function open(string $path, string $name): bool
                    {
                        return true;
                    }

                    public function close(): bool
                    {
                        return true;
                    }

                    public function read(string $id): string
                    {
                        return '';
                    }

                    public function write(string $id, string $data): bool
                    {
                        throw new LogicException('cannot be written');
                    }

                    public function destroy(string $id): bool
                    {
                        return true;
                    }

                    public function gc(int $age): int
                    {
                        return 0;
                    }
                }, false);
                session_start();
                $_SESSION['leak'] = 1;
            }
            return [session_status(), session_module_name(), isset($_SESSION), session_id() === '', headers_list() === []];
        },
    ],
    State\StreamWrappers::class => [
        'one more' => static function (string $do): array {
            if ($do === 'change') {
                stream_wrapper_register('leak', stdClass::class);
            }
            $wrappers = stream_get_wrappers();
            sort($wrappers);
            return $wrappers;
        },
        'one less' => static function (string $do): array {
            if ($do === 'change') {
                stream_wrapper_unregister('phar');
            }
            $wrappers = stream_get_wrappers();
            sort($wrappers);
            return $wrappers;
        },
        'another one' => static function (string $do): array {
            if ($do === 'change') {
                stream_wrapper_unregister('data');
                stream_wrapper_register('data', stdClass::class);
            }
            return [@file_get_contents('data:,x')];
        },
        'another last one' => static function (string $do): array {
            if ($do === 'change') {
                $last = array_values(array_diff(stream_get_wrappers(), ['file', 'php']));
                $last = end($last);
                stream_wrapper_unregister($last);
                stream_wrapper_register($last, stdClass::class);
                stream_wrapper_unregister('phar');
                stream_wrapper_register('phar', stdClass::class);
            }
            error_clear_last();
            @file_get_contents('phar://nothing');
            return [str_contains(error_get_last()['message'], 'stdClass')];
        },
    ],
    State\Autoloaders::class => [
        'a closure' => static function (string $do): array {
            if ($do === 'change') {
                spl_autoload_register(static fn(string $class) => print "asked for $class", true, true);
            }
            return [count(spl_autoload_functions())];
        },
        'none' => static function (string $do): array {
            if ($do === 'change') {
                foreach (spl_autoload_functions() as $loader) {
                    spl_autoload_unregister($loader);
                }
                spl_autoload_extensions('.leak');
            }
            return [count(spl_autoload_functions()), spl_autoload_extensions()];
        },
    ],
    State\DatabaseErrors::class => [
        'mysqli_report' => static function (string $do): array {
            if ($do === 'change') {
                mysqli_report(MYSQLI_REPORT_OFF);
            }
            return [(new mysqli_driver())->report_mode];
        },
    ],
    State\TextDomains::class => [
        'textdomain' => static function (string $do): array {
            if ($do === 'change') {
                bindtextdomain('leak', '/tmp');
                bind_textdomain_codeset('leak', 'UTF-16');
                textdomain('leak');
                bindtextdomain('messages', '/tmp');
            }
            return [textdomain(null), bindtextdomain('messages', null), bindtextdomain('leak', null)];
        },
    ],
    State\ClosureLibraries::class => [
        'laravel' => static function (string $do): array {
            if ($do === 'change') {
                Laravel\SerializableClosure\SerializableClosure::setSecretKey('leak');
                Laravel\SerializableClosure\SerializableClosure::resolveUseVariablesUsing(static fn(array $data) => $data);
                Laravel\SerializableClosure\SerializableClosure::transformUseVariablesUsing(static fn(array $data) => $data);
            }
            return [
                get_debug_type(Laravel\SerializableClosure\Serializers\Signed::$signer),
                get_debug_type(Laravel\SerializableClosure\Serializers\Native::$resolveUseVariables),
                get_debug_type(Laravel\SerializableClosure\Serializers\Native::$transformUseVariables),
            ];
        },
        'opis' => static function (string $do): array {
            $class = class_exists(Opis\Closure\Serializer::class) ? Opis\Closure\Serializer::class : Opis\Closure\SerializableClosure::class;
            if ($do === 'change') {
                method_exists($class, 'init')
                    ? $class::setSecurityProvider(new Opis\Closure\Security\DefaultSecurityProvider('leak'))
                    : $class::setSecretKey('leak');
            }
            return [get_debug_type((new ReflectionProperty($class, 'securityProvider'))->getValue())];
        },
    ],
    State\AssertCallback::class => [
        'assert_options' => static function (string $do): array {
            if ($do === 'change') {
                @assert_options(2, static fn() => print 'leak');
            }
            return [get_debug_type(@assert_options(2))];
        },
    ],
    State\ProcessTitle::class => [
        'cli_set_process_title' => static function (string $do): array {
            if ($do === 'change') {
                cli_set_process_title('leak');
            }
            return [cli_get_process_title()];
        },
    ],
];
