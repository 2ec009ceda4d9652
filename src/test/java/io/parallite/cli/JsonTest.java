package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"b\":1,\"a\":[true,false,null,\"x\\ny\"],\"c\":{}}",
                "{\"pi\":3.141592653589793,\"big\":123456789012345678901234567890,\"e\":1.0}",
                "[]",
                "\"ü\"",
                "null",
            })
    void writesWhatItHasRead(String text) throws IOException {
        assertThat(Json.line(read(text).value())).isEqualTo(text);
    }

    @Test
    void indentsForPeople() throws IOException {
        assertThat(Json.indented(read("{\"a\":[1,{\"b\":2}],\"c\":\"d\"}").value()))
                .isEqualTo(
                        """
                        {
                          "a": [
                            1,
                            {
                              "b": 2
                            }
                          ],
                          "c": "d"
                        }""");
    }

    @Test
    void findsNothingWhereThereIsNothing() throws IOException {
        Node node = read("{\"a\":{\"n\":2.5,\"t\":\"x\",\"z\":null},\"l\":[1,2]}");

        assertThat(node.at("a").at("n").number()).hasValue(2.5);
        assertThat(node.at("a").at("n").text()).isEmpty();
        assertThat(node.at("a").at("t").text()).hasValue("x");
        assertThat(node.at("a").at("t").number()).isEmpty();
        assertThat(node.at("a").at("z").isPresent()).isFalse();
        assertThat(node.at("nope").at("t").at("deeper").isPresent()).isFalse();
        assertThat(node.at("nope").whole()).isZero();
        assertThat(node.at("nope").elements()).isEmpty();
        assertThat(node.at("l").elements()).hasSize(2);
    }

    @Test
    void refusesWhatIsNoJson() {
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> read("{\"a\":}"));
    }

    static Node read(String text) throws IOException {
        return Json.read(text.getBytes(StandardCharsets.UTF_8));
    }
}
