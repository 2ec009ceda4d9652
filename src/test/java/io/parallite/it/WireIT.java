package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.wire.Encoding;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes on a client's connection: well-formed ones in every piece, and those that are not. */
final class WireIT {

    private static final int MAX_PAYLOAD = 200_000;

    private static DaemonProcess daemon;
    private TestClient client = daemon.connect();

    @BeforeAll
    static void start() {
        daemon =
                daemon("--fixed-workers", "2", "--max-payload-bytes", "" + MAX_PAYLOAD)
                        .script(Distribution.fault("crashes-on-first"))
                        .startAtRest();
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    /** Whatever came before, others are served, and so is this connection while it is open. */
    @AfterEach
    void serviceGoesOn() {
        try (TestClient other = daemon.connect()) {
            other.submit(id(), "alive").assertResult("alive");
        }
        daemon.assertRestored();
        client.close();
    }

    private static int ids;

    private static String id() {
        return "task-" + ++ids;
    }

    static List<Arguments> encodings() {
        return List.of(
                Arguments.of("JSON", Encoding.JSON),
                Arguments.of("MessagePack", Encoding.MESSAGE_PACK));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("encodings")
    void takesFramesSplitAtEveryByte(String name, Encoding encoding) {
        int length = encoding.encode(task("cut-00-JSON", "payload")).length;
        try (TestClient pinger = daemon.connect()) {
            for (int cut = 1; cut < length; cut++) {
                String id = "cut-%02d-%s".formatted(cut, name.substring(0, 4));
                byte[] frame = encoding.encode(task(id, "payload"));
                client.sendBytes(Arrays.copyOf(frame, cut));
                pinger.call(request("ping", "the first part is read"));
                client.sendBytes(Arrays.copyOfRange(frame, cut, frame.length));
                client.receive(id).assertResult("payload");
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("encodings")
    void takesFramesByteByByte(String name, Encoding encoding) {
        String id = id();
        for (byte b : encoding.encode(task(id, "byte by byte"))) {
            client.sendBytes(new byte[] {b});
        }
        client.receive(id).assertResult("byte by byte");
    }

    @Test
    void takesManyFramesInOnePiece() {
        byte[] all = new byte[0];
        for (int i = 0; i < 100; i++) {
            Encoding encoding = i % 2 == 0 ? Encoding.JSON : Encoding.MESSAGE_PACK;
            all = TestClient.concat(all, encoding.encode(task("many-" + i, "payload-" + i)));
        }

        client.sendBytes(all);

        for (int i = 0; i < 100; i++) {
            client.receive("many-" + i).assertResult("payload-" + i);
        }
    }

    @Test
    void answersInTheEncodingOfEachRequest() {
        byte[] json = client.sendBytes(Encoding.JSON.encode(task(id(), "x"))).receiveFrame();
        byte[] binary =
                client.sendBytes(Encoding.MESSAGE_PACK.encode(task(id(), "x"))).receiveFrame();

        assertThat(Encoding.of(json)).isSameAs(Encoding.JSON);
        assertThat(Encoding.of(binary)).isSameAs(Encoding.MESSAGE_PACK);
    }

    static List<Arguments> malformed() {
        return List.of(
                Arguments.of("", "0 bytes"),
                Arguments.of("7b", "JSON"),
                Arguments.of(hex("{\"task_id\":\"x\",}"), "JSON"),
                Arguments.of(hex("{\"task_id\":\"x\",\"payload\":\"y\"} trailing"), "JSON"),
                Arguments.of(hex("[1,2]"), "0x5b"),
                Arguments.of(hex("\"text\""), "0x22"),
                Arguments.of("00000000", "0x00"),
                Arguments.of("c1", "0xc1"),
                Arguments.of("82a77461736b5f6964a178", "MessagePack"),
                Arguments.of("dfffffffff", "MessagePack"),
                Arguments.of("81a77461736b5f6964dbffffffff", "MessagePack"),
                Arguments.of(hex("{".repeat(3) + "\"a\":".repeat(100)), "JSON"));
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(UTF_8));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    @DisplayName("Line 13: a malformed frame is answered, and the connection goes on")
    void answersMalformedFrame(String body, String word) {
        client.sendBody(HexFormat.of().parseHex(body))
                .receiveNext()
                .assertFailure("MALFORMED_FRAME", word);

        client.submit(id(), "goes on").assertResult("goes on");
    }

    static List<Arguments> invalid() {
        return List.of(
                Arguments.of(Map.of("type", "dance", "task_id", "x"), "dance"),
                Arguments.of(Map.of("task_id", "x"), "payload"),
                Arguments.of(Map.of("task_id", "x", "payload", "y", "command", "z"), "both"),
                Arguments.of(Map.of("task_id", "x", "payload", "y", "timeout_ms", 0), "timeout_ms"),
                Arguments.of(
                        Map.of("task_id", "x", "payload", "y", "timeout_ms", "1"), "timeout_ms"),
                Arguments.of(Map.of("task_id", "x", "payload", "y", "detach", "yes"), "detach"),
                Arguments.of(Map.of("type", "await"), "task_id"),
                Arguments.of(Map.of("type", "cancel", "task_id", ""), "task_id"),
                Arguments.of(Map.of("type", 1, "task_id", "x", "payload", "y"), "type"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("invalid")
    @DisplayName("Line 13: a request that makes no sense is answered with the field at fault")
    void answersInvalidRequest(Map<String, Object> request, String word) {
        client.sendBytes(Encoding.JSON.encode(request))
                .receiveNext()
                .assertFailure("INVALID_REQUEST", word);
        client.sendBytes(Encoding.MESSAGE_PACK.encode(request))
                .receiveNext()
                .assertFailure("INVALID_REQUEST", word);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("encodings")
    @DisplayName(
            "Line 13: an oversize frame is answered at once, skipped, and the connection goes on")
    void answersOversizeFrameAndSkipsIt(String name, Encoding encoding) {
        String big = id();
        byte[] frame = encoding.encode(task(big, "x".repeat(5 * MAX_PAYLOAD)));

        client.sendBytes(Arrays.copyOf(frame, 100));
        client.receive(big)
                .assertFailure(
                        "PAYLOAD_TOO_LARGE",
                        "" + (frame.length - 4),
                        "max_payload_bytes=" + MAX_PAYLOAD);
        client.sendBytes(Arrays.copyOfRange(frame, 100, frame.length));

        client.submit(id(), "goes on").assertResult("goes on");
        String largest = "x".repeat(MAX_PAYLOAD - 100);
        client.submit(id(), largest).assertResult(largest);
    }

    @Test
    @DisplayName("Line 13: a header that announces 4 GB is answered and takes no memory")
    void answersImpossibleLength() {
        long before = Processes.memory(daemon.pid(), "VmRSS");

        for (int i = 0; i < 50; i++) {
            try (TestClient liar = daemon.connect()) {
                liar.sendBytes(new byte[] {-1, -1, -1, -1, '{'})
                        .receiveNext()
                        .assertFailure("PAYLOAD_TOO_LARGE", "4294967295");
            }
        }

        assertThat(Processes.memory(daemon.pid(), "VmRSS") - before).isLessThan(32 << 20);
    }

    @Test
    void forgetsClientThatLeavesInTheMiddleOfAFrame() {
        byte[] frame = Encoding.JSON.encode(task(id(), "never complete"));
        for (int cut = 0; cut < frame.length; cut += 7) {
            try (TestClient leaving = daemon.connect()) {
                leaving.sendBytes(Arrays.copyOf(frame, cut));
            }
        }

        assertThat(daemon.stats().tasks("in_flight")).isZero();
    }

    @Test
    @DisplayName("Random bytes at the socket for three seconds, after which service goes on")
    void survivesRandomBytes() {
        long seed = Long.getLong("it.seed", System.nanoTime());
        System.out.println("survivesRandomBytes: -Dit.seed=" + seed);
        Random random = new Random(seed);
        byte[] valid = Encoding.MESSAGE_PACK.encode(task("fuzz", "payload"));
        long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();

        try (TestClient steady = daemon.connect()) {
            while (System.nanoTime() < end) {
                try (TestClient fuzz = daemon.connect()) {
                    fuzz.sendUntilHeld(noise(random, valid), Duration.ofMillis(1));
                }
                steady.call(request("ping", "served meanwhile"));
            }
        }

        assertThat(daemon.log()).doesNotContain("ERROR", "\tat ");
    }

    /** Bytes; or frames of bytes; or valid frames with a few bytes changed. */
    private static byte[] noise(Random random, byte[] valid) {
        ByteBuffer out = ByteBuffer.allocate(8192);
        int kind = random.nextInt(3);
        while (out.remaining() > 512) {
            byte[] piece = kind == 2 ? valid.clone() : new byte[random.nextInt(200)];
            if (kind == 2) {
                for (int i = random.nextInt(4); i > 0; i--) {
                    piece[4 + random.nextInt(piece.length - 4)] = (byte) random.nextInt();
                }
            } else {
                random.nextBytes(piece);
            }
            if (kind == 1) {
                out.putInt(piece.length);
            }
            out.put(piece);
        }
        return Arrays.copyOf(out.array(), out.position());
    }
}
