package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.wire.Encoding;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Closures of every kind, sent to the bundled worker. There is one worker, so whatever a closure
 * does to it, the next one meets.
 */
final class ClosuresIT {

    private static DaemonProcess daemon;
    private TestClient client = daemon.connect();
    private TestClient binary = daemon.connect(Encoding.MESSAGE_PACK);

    @BeforeAll
    static void start() {
        daemon =
                daemon(
                                "--fixed-workers",
                                "1",
                                "--max-workers",
                                "1",
                                "--max-payload-bytes",
                                "1048576")
                        .json("{\"php_options\": [\"-d\", \"memory_limit=64M\"]}")
                        .startAtRest();
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    /** The other half of every test here: the next task is served, and nothing is left behind. */
    @AfterEach
    void nextTaskIsServed() {
        client.submit(id(), closure("fn () => 6 * 7")).assertResult(42);
        binary.submit(id(), closure("fn () => 'next'")).assertResult("next");
        daemon.assertRestored();
        client.close();
        binary.close();
    }

    private static int ids;

    private static String id() {
        return "task-" + ++ids;
    }

    private Reply run(String code) {
        return client.submit(id(), closure(code));
    }

    static List<Arguments> output() {
        return List.of(
                Arguments.of("echo 'seen'; return 1;", "seen"),
                Arguments.of("var_dump(['seen' => 1]); return 1;", "seen"),
                Arguments.of("fwrite(STDOUT, 'seen'); return 1;", "seen"),
                Arguments.of("file_put_contents('php://stdout', 'seen'); return 1;", "seen"),
                Arguments.of("system('echo seen'); return 1;", "seen"),
                Arguments.of("passthru('printf seen'); return 1;", "seen"),
                Arguments.of("pclose(popen('echo seen', 'w')); return 1;", "seen"),
                Arguments.of("echo $undefined; echo 'seen'; return 1;", "seen"),
                Arguments.of("echo str_repeat(\"\\0\\xff\", 10), 'seen'; return 1;", "seen"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("output")
    @DisplayName("Line 5: what a closure prints, however it does, is told and breaks nothing")
    void tellsOutputBesideTheResult(String code, String printed) {
        Reply json = run("function () { %s }".formatted(code));
        Reply messagePack = binary.submit(id(), closure("function () { %s }".formatted(code)));

        assertThat(json.assertResult(1).text("output")).contains(printed);
        assertThat(messagePack.assertResult(1).text("output")).contains(printed);
    }

    static List<Arguments> notEncodable() {
        return List.of(
                Arguments.of("return fn () => 1;", "RESULT_NOT_ENCODABLE"),
                Arguments.of("return fopen('php://memory', 'r');", "RESULT_NOT_ENCODABLE"),
                Arguments.of("return NAN;", "RESULT_NOT_ENCODABLE"),
                Arguments.of("$a = []; $a['self'] = &$a; return $a;", "RESULT_NOT_ENCODABLE"),
                Arguments.of(
                        "$o = new stdClass; $o->self = $o; return $o;", "RESULT_NOT_ENCODABLE"),
                Arguments.of(
                        "$a = 1; for ($i = 0; $i < 5000; $i++) { $a = [$a]; } return $a;",
                        "RESULT_NOT_ENCODABLE"),
                Arguments.of("return str_repeat('x', 2 << 20);", "RESULT_TOO_LARGE"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notEncodable")
    @DisplayName("Line 6: a result that cannot be encoded is answered with the reason")
    void answersWhenResultCannotBeEncoded(String code, String errorCode) {
        Reply reply = run("function () { %s }".formatted(code));

        reply.assertFailure(errorCode);
        assertThat(reply.error()).isNotBlank();
    }

    static List<Arguments> notCallable() {
        return List.of(
                Arguments.of("no such function", "callable"),
                Arguments.of("O:8:\"stdClass\":0:{}", "stdClass"),
                Arguments.of("O:11:\"No\\Such\\Cls\":0:{}", "No\\Such\\Cls"),
                Arguments.of("O:47:\"Laravel\\SerializableClosure\\Ser", "unserialized"),
                Arguments.of("a:1:{i:0;i:1;}", "array"),
                Arguments.of(7, "int"),
                Arguments.of(Map.of("a", "map"), "array"),
                Arguments.of("", "payload"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notCallable")
    @DisplayName("Line 6: a payload that cannot be unserialized or called is answered")
    void answersWhenPayloadCannotBeRun(Object payload, String word) {
        client.submit(id(), payload).assertFailure("INVALID_PAYLOAD", word);
        binary.submit(id(), payload).assertFailure("INVALID_PAYLOAD", word);
    }

    @Test
    void tellsAllAboutAnException() {
        Reply reply =
                run(
                        "function () { echo 'before'; throw new DomainException('no such order', 404); }");

        reply.assertFailure("EXCEPTION", "no such order");
        assertThat(reply.text("class")).isEqualTo("DomainException");
        assertThat(reply.number("code")).isEqualTo(404);
        assertThat(reply.number("line")).isPositive();
        assertThat(reply.fields()).containsKeys("file", "trace");
        assertThat(reply.text("output")).isEqualTo("before");
    }

    @Test
    void leavesNoStateForTheNextTask() {
        run("""
            function () {
                chdir('/'); date_default_timezone_set('Asia/Tokyo'); ini_set('precision', '3');
                set_error_handler(fn () => true); putenv('LEFT=over'); ob_start(); echo 'unflushed';
                return 'changed';
            }""")
                .assertResult("changed");

        Map<String, Object> seen =
                client.submit(
                                id(),
                                closure(
                                        "fn () => ['cwd' => getcwd(), 'zone' => date_default_timezone_get(),"
                                                + " 'precision' => ini_get('precision'), 'ob' => ob_get_contents()]"))
                        .map("result");
        assertThat(seen.get("cwd")).isNotEqualTo("/");
        assertThat(seen.get("zone")).isNotEqualTo("Asia/Tokyo");
        assertThat(seen.get("precision")).isNotEqualTo("3");
        assertThat(seen.get("ob")).isNotEqualTo("unflushed");
    }

    @Test
    void runsACommand() {
        Map<String, Object> request = TestClient.task(id(), "");
        request.remove("payload");
        request.put("command", "echo \"$GREETING from $PWD\"; echo bad >&2; exit 7");
        request.put("cwd", "/usr");
        request.put("env", Map.of("GREETING", "hello"));

        Map<String, Object> result = client.call(request).map("result");

        assertThat(result)
                .containsEntry("stdout", "hello from /usr\n")
                .containsEntry("stderr", "bad\n")
                .containsEntry("exit_code", 7);
    }

    @Test
    void measuresTheTaskThatAsksForIt() {
        Map<String, Object> request =
                TestClient.task(id(), closure("function () { usleep(20000); return 1; }"));
        request.put("enable_benchmark", true);

        Reply measured = client.call(request).assertResult(1);
        Reply notMeasured = run("fn () => 1").assertResult(1);

        assertThat(((Number) measured.map("benchmark").get("execution_time_ms")).doubleValue())
                .isGreaterThanOrEqualTo(20);
        assertThat(measured.map("benchmark"))
                .containsKeys("memory_delta_mb", "memory_peak_mb", "cpu_time_ms");
        assertThat(notMeasured.fields()).doesNotContainKey("benchmark");
    }
}
