package io.parallite.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;

/** What a daemon has answered, in whichever encoding. */
record Reply(Map<String, Object> fields) {

    boolean ok() {
        return Boolean.TRUE.equals(fields.get("ok"));
    }

    String taskId() {
        return text("task_id");
    }

    String errorCode() {
        return text("error_code");
    }

    String error() {
        return text("error");
    }

    Object result() {
        return fields.get("result");
    }

    /** A field as text, {@code ""} when it is absent. */
    String text(String field) {
        Object value = fields.get(field);
        return value == null ? "" : value.toString();
    }

    long number(String field) {
        return ((Number) fields.get(field)).longValue();
    }

    @SuppressWarnings("unchecked")
    Map<String, Object> map(String field) {
        return (Map<String, Object>) fields.get(field);
    }

    @SuppressWarnings("unchecked")
    List<Map<String, Object>> list(String field) {
        return (List<Map<String, Object>>) fields.get(field);
    }

    /**
     * Fails unless the task succeeded with {@code expected}; how wide a number is does not matter.
     */
    Reply assertResult(Object expected) {
        assertThat(fields).as("reply").containsEntry("ok", true);
        assertThat(widened(result())).as("result of %s", taskId()).isEqualTo(widened(expected));
        return this;
    }

    private static Object widened(Object value) {
        return value instanceof Integer number ? Long.valueOf(number) : value;
    }

    /** Fails unless it is a failure of this kind whose message contains each of {@code words}. */
    Reply assertFailure(String errorCode, String... words) {
        assertThat(fields)
                .as("reply")
                .containsEntry("ok", false)
                .containsEntry("error_code", errorCode);
        if (words.length > 0) {
            assertThat(error()).contains(words);
        }
        return this;
    }
}
