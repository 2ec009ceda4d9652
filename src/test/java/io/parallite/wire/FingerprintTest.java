package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.Task;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A repeated submit is known by its payload, however it is written down. */
class FingerprintTest {

    private static final long EXPECTED = of("{'task_id':'a','payload':'work'}");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'payload':'work','task_id':'a'}",
                " {\n 'task_id' : 'a' ,\r\n\t'payload' : 'work' }\n",
                "{'task_id':'a','payload'\n:\n'work'\n}",
                "{'payload':'work'  ,  'task_id':'a'}",
                "{'task_id':'b','payload':'work','timeout_ms':5,'new':{'payload':'x'}}",
                "{'payload':'work','detach':true,'task_id':'a','new':['work']}",
            })
    void isTheSameForTheSamePayload(String text) {
        assertThat(of(text)).isEqualTo(EXPECTED);
    }

    @Test
    void isTheSameInBothEncodings() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("task_id", "a");
        fields.put("payload", "work");
        assertThat(of(Encoding.MESSAGE_PACK.encode(fields))).isEqualTo(EXPECTED);
        fields.put("payload", "work".getBytes(StandardCharsets.UTF_8));
        assertThat(of(Encoding.MESSAGE_PACK.encode(fields))).as("as binary").isEqualTo(EXPECTED);
    }

    /** What a closure's serialization is full of, and every other way to write a character. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "say \\\"hi\\\" to C:\\\\tmp\\/x",
                "\\b\\f\\n\\r\\t\\u0000\\u001F",
                "\\u00e9\\u00C9 \\u20ac \\uD83D\\uDE00 \\u005c\\u0022",
                "\\\\u00e9 is no escape",
                "ends with one \\\\",
                "raw é€😀 and \\u00e9 mixed",
            })
    void isTheSameForEscapedTextInBothEncodings(String escaped) {
        byte[] json =
                TestFrames.frame(
                        "{\"task_id\":\"a\",\"payload\":\"%s\"}"
                                .formatted(escaped)
                                .getBytes(StandardCharsets.UTF_8));

        byte[] msgpack = Encoding.MESSAGE_PACK.encode(json);

        assertThat(of(msgpack)).isEqualTo(of(json));
        assertThat(of(Encoding.JSON.encode(msgpack))).isEqualTo(of(json));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'task_id':'a','payload':'Work'}",
                "{'task_id':'a','payload':'work '}",
                "{'task_id':'a','payload':''}",
                "{'task_id':'a','payload':['work']}",
                "{'task_id':'a','payload':{'work':1}}",
                "{'task_id':'a','payload':17}",
                "{'task_id':'a','payload':false}",
                "{'task_id':'a','command':'worm'}",
            })
    void differsForAnotherPayload(String text) {
        assertThat(of(text)).isNotEqualTo(EXPECTED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'payload':'work','context':{'user':7}",
                "'payload':'work','context':'x'",
                "'command':'work'",
                "'command':'work','cwd':'/tmp'",
                "'command':'work','cwd':'/var'",
                "'command':'work','env':{'A':'1'}",
            })
    void coversAllThatAWorkerRuns(String content) {
        assertThat(of("{'task_id':'a',%s}".formatted(content))).isNotEqualTo(EXPECTED);
        assertThat(of("{%s,'task_id':'a'}".formatted(content)))
                .isEqualTo(of("{'task_id':'a',%s}".formatted(content)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "[]", "{}"})
    void emptyContextIsNone(String context) {
        byte[] json =
                TestFrames.json("{'task_id':'a','payload':'work','context':%s}".formatted(context));

        assertThat(of(json)).isEqualTo(EXPECTED);
        assertThat(of(Encoding.MESSAGE_PACK.encode(json))).isEqualTo(EXPECTED);
    }

    @Test
    void coversTheWholePayload() {
        String large = "x".repeat(100_000);

        assertThat(of("{'task_id':'a','payload':'%sy'}".formatted(large)))
                .isNotEqualTo(of("{'task_id':'a','payload':'%sz'}".formatted(large)));
    }

    @Test
    void coversStructuredPayloads() {
        assertThat(of("{'task_id':'a','payload':{'n':[1,2]}}"))
                .isEqualTo(of("{'payload':{'n':[1,2]} , 'task_id':'a'}"))
                .isNotEqualTo(of("{'task_id':'a','payload':{'n':[1,3]}}"));
    }

    private static long of(String json) {
        return of(TestFrames.json(json));
    }

    private static long of(byte[] frame) {
        Task task = ((Request.Submit) Encoding.of(frame).decode(frame)).task();
        return task.fingerprint();
    }
}
