package io.parallite.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

class ReplyScannerTest {

    private final ReplyScanner json = new JsonReplyScanner();
    private final ReplyScanner messagePack = new MessagePackReplyScanner();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"task_id\":\"id-1\",\"ok\":true,\"result\":42}",
                "{\"ok\":true,\"result\":42,\"task_id\":\"id-1\"}",
                " { \"ok\" : true , \"task_id\" : \"id-1\" } ",
                "{\"result\":{\"ok\":false,\"task_id\":\"no\"},\"ok\":true,\"task_id\":\"id-1\"}",
                "{\"result\":[\"]}\\\"\",{\"a\":[[]]}],\"ok\":true,\"task_id\":\"id-1\"}",
                "{\"result\":null,\"n\":-1.5e3,\"e\":\"\",\"ok\":true,\"task_id\":\"id-1\"}",
                "{\"\\\"ok\":false,\"ok\":true,\"task_id\":\"id-1\"}",
            })
    void findsIdAndOkWhereverTheyAreInJson(String reply) {
        assertThat(scan(json, reply.getBytes(UTF_8))).isTrue();
        assertThat(json.ok()).isTrue();
        assertThat(id(json)).isEqualTo("id-1");
    }

    @Test
    void undoesJsonEscapesOfErrors() {
        String reply =
                "{\"ok\":false,\"error\":\"a \\\"b\\\"\\n\\u00e9\",\"error_code\":\"FATAL\"}";

        assertThat(scan(json, reply.getBytes(UTF_8))).isTrue();
        assertThat(json.ok()).isFalse();
        assertThat(json.error()).isEqualTo("a \"b\"\n\u00e9");
        assertThat(json.errorCode()).isEqualTo("FATAL");
        assertThat(json.idFrom()).isEqualTo(-1);
    }

    @Test
    void namesWhatAFailureDoesNotSay() {
        assertThat(scan(json, "{\"ok\":false}".getBytes(UTF_8))).isTrue();
        assertThat(json.errorCode()).isEqualTo("UNKNOWN");
        assertThat(json.error()).isNotEmpty();
    }

    @Test
    void forgetsTheReplyBefore() {
        scan(json, "{\"ok\":false,\"error\":\"e\",\"error_code\":\"C\"}".getBytes(UTF_8));
        scan(json, "{\"ok\":false}".getBytes(UTF_8));

        assertThat(json.errorCode()).isEqualTo("UNKNOWN");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "[]",
                "{}",
                "{\"ok\":1}",
                "{\"ok\"}",
                "{\"ok\":}",
                "{\"ok\":true",
                "{\"ok\":true]",
                "{\"result\":[1,2,\"ok\":true}",
            })
    void refusesJsonThatIsNoReply(String reply) {
        assertThat(scan(json, reply.getBytes(UTF_8))).isFalse();
    }

    @Test
    void findsFieldsBehindEveryKindOfMessagePackValue() throws IOException {
        byte[] reply = everyKindOfValueThen(true);

        assertThat(scan(messagePack, reply)).isTrue();
        assertThat(messagePack.ok()).isTrue();
        assertThat(id(messagePack)).isEqualTo("id-1");
    }

    @Test
    void readsErrorsInMessagePack() throws IOException {
        byte[] reply = everyKindOfValueThen(false);

        assertThat(scan(messagePack, reply)).isTrue();
        assertThat(messagePack.ok()).isFalse();
        assertThat(messagePack.error()).isEqualTo("no caf\u00e9");
        assertThat(messagePack.errorCode()).isEqualTo("EXCEPTION");
    }

    @Test
    void refusesFailureCutAtAnyByte() throws IOException {
        byte[] packed = everyKindOfValueThen(false);
        byte[] text =
                "{\"result\":[\"a\\\"\",{}],\"task_id\":\"i\",\"error\":\"e\",\"ok\":false}"
                        .getBytes(UTF_8);

        for (int length = 0; length < packed.length; length++) {
            assertThat(messagePack.scan(packed, 0, length)).as("length %d", length).isFalse();
        }
        for (int length = 0; length < text.length; length++) {
            assertThat(json.scan(text, 0, length)).as("length %d", length).isFalse();
        }
    }

    @Test
    void survivesRandomBytes() {
        Random random = new Random(7);
        byte[] noise = new byte[64];
        for (int round = 0; round < 20_000; round++) {
            random.nextBytes(noise);
            noise[0] = (byte) (0x80 | (noise[0] & 0x0f));
            describe(messagePack, noise);
            noise[0] = '{';
            noise[1] = '"';
            describe(json, noise);
        }
    }

    private static void describe(ReplyScanner scanner, byte[] noise) {
        if (scan(scanner, noise)) {
            assertThat(scanner.errorCode()).isNotNull();
            assertThat(scanner.error()).isNotNull();
        }
    }

    private static boolean scan(ReplyScanner scanner, byte[] reply) {
        return scanner.scan(reply, 0, reply.length);
    }

    private static String id(ReplyScanner scanner) {
        return new String(
                scanner.bytes, scanner.idFrom(), scanner.idTo() - scanner.idFrom(), UTF_8);
    }

    private static byte[] everyKindOfValueThen(boolean ok) throws IOException {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.packMapHeader(22);
            packer.packString("result").packMapHeader(2);
            packer.packString("ok").packBoolean(!ok);
            packer.packInt(1).packArrayHeader(2).packArrayHeader(0).packNil();
            long[] integers = {-1, -33, 127, 128, 256, 65_536, 1L << 40, -200, -40_000, -1L << 40};
            for (long integer : integers) {
                packer.packLong(integer).packLong(integer);
            }
            packer.packString("f").packFloat(1.5f);
            packer.packString("d").packDouble(1.5);
            packer.packString("s".repeat(40)).packString("s".repeat(300));
            packer.packString("long").packString("s".repeat(70_000));
            packer.packString("b").packBinaryHeader(300).addPayload(new byte[300]);
            packer.packString("e").packExtensionTypeHeader((byte) 1, 4).addPayload(new byte[4]);
            packer.packString("a").packArrayHeader(20);
            for (int i = 0; i < 20; i++) {
                packer.packInt(i);
            }
            packer.packString("task_id").packString("id-1");
            packer.packString("error_code").packString("EXCEPTION");
            packer.packString("ok").packBoolean(ok);
            if (!ok) {
                packer.packString("error").packString("no caf\u00e9");
            } else {
                packer.packString("last").packNil();
            }
            return packer.toByteArray();
        }
    }
}
