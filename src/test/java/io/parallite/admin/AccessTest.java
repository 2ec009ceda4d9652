package io.parallite.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTest {

    private static final String TOKEN = "0123456789abcdef";

    private final Access open = new Access(Optional.empty());
    private final Access guarded = new Access(Optional.of(TOKEN));

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost:9000", "LocalHost", "127.0.0.1:9000", "127.8.8.8", "[::1]:9000"})
    void servesThisMachineByItsLoopbackNames(String host) {
        assertThat(open.refuseReading(local().host(host).caller())).isEmpty();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "evil.example:9000",
                "127.0.0.1.evil.example",
                "localhost.evil.example",
                "evil.example#localhost",
                "10.0.0.7:9000",
                "",
            })
    void refusesANameThatOnlyResolvesToThisMachine(@Nullable String host) {
        assertThat(open.refuseReading(local().host(host).caller()))
                .hasValueSatisfying(refusal -> assertThat(refusal.status()).isEqualTo(403));
    }

    @Test
    void refusesOtherMachinesAndProxiesWithoutAToken() {
        assertThat(open.refuseReading(local().from(false).caller()))
                .hasValueSatisfying(
                        refusal -> assertThat(refusal.reason()).contains("set http_token"));
        assertThat(open.refuseReading(local().forwarded(true).caller())).isPresent();
    }

    @Test
    void takesActionsFromItsOwnPageAndFromPrograms() {
        Given page = local().marked().origin("http://127.0.0.1:9000").site("same-origin");

        assertThat(open.refuseActing(page.caller())).isEmpty();
        assertThat(open.refuseActing(local().marked().caller())).isEmpty();
    }

    @Test
    void refusesAnActionWithoutTheMark() {
        assertThat(open.refuseActing(local().caller()))
                .hasValueSatisfying(
                        refusal -> assertThat(refusal.reason()).contains("X-Parallite"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://evil.example",
                "http://127.0.0.1:9001",
                "http://127.0.0.1:9000.evil.example",
                "null",
            })
    void refusesAnActionOfAnotherOrigin(String origin) {
        assertThat(open.refuseActing(local().marked().origin(origin).caller())).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"cross-site", "same-site", "none"})
    void refusesAnActionThatTheBrowserSaysIsForeign(String site) {
        assertThat(open.refuseActing(local().marked().site(site).caller())).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer " + TOKEN, "bearer  " + TOKEN + " "})
    void servesWhoeverKnowsTheTokenFromAnywhere(String authorization) {
        Given somewhere =
                local().from(false)
                        .forwarded(true)
                        .host("parallite.example")
                        .origin("https://parallite.example")
                        .authorization(authorization);

        assertThat(guarded.refuseReading(somewhere.caller())).isEmpty();
        assertThat(guarded.refuseActing(somewhere.caller())).isEmpty();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "Bearer",
                "Bearer ",
                "Bearer 0123456789abcdeF",
                "Bearer 0123456789abcdef0",
                "Basic " + TOKEN,
                TOKEN,
            })
    void refusesThisMachineTooWhenATokenIsSetAndNotGiven(@Nullable String authorization) {
        Given mine = local().marked().authorization(authorization);

        assertThat(guarded.refuseReading(mine.caller()))
                .hasValueSatisfying(refusal -> assertThat(refusal.status()).isEqualTo(401));
        assertThat(guarded.refuseActing(mine.caller())).isPresent();
    }

    private static Given local() {
        return new Given().host("127.0.0.1:9000");
    }

    /** A caller in the making. */
    private static final class Given {
        private boolean loopback = true;
        private @Nullable String host;
        private @Nullable String origin;
        private @Nullable String site;
        private boolean forwarded;
        private boolean marked;
        private @Nullable String authorization;

        Given from(boolean thisMachine) {
            loopback = thisMachine;
            return this;
        }

        Given host(@Nullable String value) {
            host = value;
            return this;
        }

        Given origin(String value) {
            origin = value;
            return this;
        }

        Given site(String value) {
            site = value;
            return this;
        }

        Given forwarded(boolean value) {
            forwarded = value;
            return this;
        }

        Given marked() {
            marked = true;
            return this;
        }

        Given authorization(@Nullable String value) {
            authorization = value;
            return this;
        }

        Caller caller() {
            return new Caller(
                    loopback,
                    host,
                    new Caller.Page(origin, site),
                    forwarded,
                    marked,
                    authorization);
        }
    }
}
