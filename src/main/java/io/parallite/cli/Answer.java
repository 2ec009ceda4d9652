package io.parallite.cli;

import java.nio.charset.StandardCharsets;

/**
 * A frame from the daemon: a reply, or an event that comes before one.
 *
 * @param body the JSON as it came
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Answer(byte[] body, Node node) {

    boolean isOk() {
        return node.at("ok").isTrue();
    }

    boolean isEvent() {
        return node.at("event").isPresent();
    }

    String errorCode() {
        return node.at("error_code").text().orElse("");
    }

    String error() {
        return node.at("error").text().orElse("the daemon gave no reason");
    }

    /** The JSON as it came, on one line. */
    String raw() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
