package io.parallite.cluster.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The messages in which a node is told how a task has ended. */
class EndedTest {

    private static Ended parse(String message) {
        return Ended.parse(message.getBytes(StandardCharsets.UTF_8), "ended ".length());
    }

    @Test
    void replyOfAWorker() {
        Ended ended = parse("ended a:b c\n9:completed1:1--7:{\"r\n:5}2:\u00e9");

        assertThat(ended.id().value()).isEqualTo("a:b c");
        assertThat(ended.outcome().ok()).isTrue();
        assertThat(ended.outcome().result()).asString().isEqualTo("{\"r\n:5}");
        assertThat(ended.outcome().signature()).hasSize(2);
    }

    @Test
    void failureWithoutAReply() {
        Ended ended = parse("ended a\n6:failed1:09:CANCELLED5:it - --");

        assertThat(ended.outcome().ok()).isFalse();
        assertThat(ended.outcome().kind()).isEqualTo("CANCELLED");
        assertThat(ended.outcome().error()).isEqualTo("it - ");
        assertThat(ended.outcome().result()).isNull();
    }

    @Test
    void messagesOfAnotherShapeArePassedOver() {
        assertThat(parse("ended ")).isNull();
        assertThat(parse("ended a")).isNull();
        assertThat(parse("ended a\n9:completed")).isNull();
        assertThat(parse("ended a\n900:completed1:1----")).isNull();
        assertThat(parse("ended a\n-9:completed1:1----")).isNull();
        assertThat(parse("ended a\nx:completed1:1----")).isNull();
        assertThat(parse("ended a\n2147483647:completed1:1----")).isNull();
    }
}
