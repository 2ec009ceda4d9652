package io.parallite.process.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.wire.Encoding;
import io.parallite.wire.TestFrames;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelloTest {

    @Test
    void tellsTokenAndFeatures() {
        Hello hello =
                Hello.of(
                        TestFrames.json(
                                "{'type':'hello','token':'t','pid':1,'features':['events','cancel']}"));

        assertThat(hello.token()).isEqualTo("t");
        assertThat(hello.features()).containsExactlyInAnyOrder("events", "cancel");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'token':'t'}",
                "{'token':'t','features':null}",
                "{'token':'t','features':'events'}",
                "{'token':'t','features':{'events':true}}",
                "{'token':'t','features':[1,null,['events']]}"
            })
    void takesWhatIsNoListOfNamesForNoFeatures(String body) {
        assertThat(Hello.of(TestFrames.json(body))).isEqualTo(new Hello("t", Set.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'token':null}", "{'token':7}", "{'token'", "[]"})
    void hasNoTokenWhenTheFrameHoldsNone(String body) {
        assertThat(Hello.of(TestFrames.json(body)).token()).isEmpty();
    }

    @Test
    void keepsABoundedNumberOfFeatures() {
        List<String> many = IntStream.range(0, 1000).mapToObj(i -> "feature-" + i).toList();

        Hello hello = Hello.of(Encoding.JSON.encode(Map.of("token", "t", "features", many)));

        assertThat(hello.features()).hasSize(32);
    }
}
