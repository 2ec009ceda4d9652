package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.TaskException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever bytes come, decoders answer with a value or a refusal. A seed that fails, fails again.
 */
class WireFuzzTest {

    private static final int ROUNDS = 3000;
    private static final List<Encoding> ENCODINGS = List.of(Encoding.JSON, Encoding.MESSAGE_PACK);

    private final List<byte[]> golden =
            GoldenFrames.all().map(GoldenFrames.Golden::frame).map(TestFrames::body).toList();

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void randomBytes(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] body = new byte[1 + random.nextInt(200)];
            random.nextBytes(body);
            if (random.nextBoolean()) {
                body[0] = (byte) (random.nextBoolean() ? '{' : 0x80 + random.nextInt(16));
            }
            survives(body);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24})
    void mutatedFrames(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] body = golden.get(random.nextInt(golden.size())).clone();
            for (int i = random.nextInt(4); i >= 0 && body.length > 0; i--) {
                body = mutate(body, random);
            }
            survives(body);
        }
    }

    private static byte[] mutate(byte[] body, Random random) {
        int at = random.nextInt(body.length);
        return switch (random.nextInt(5)) {
            case 0 -> {
                body[at] = (byte) random.nextInt(256);
                yield body;
            }
            case 1 -> {
                body[at] ^= (byte) (1 << random.nextInt(8));
                yield body;
            }
            case 2 ->
                    splice(
                            body,
                            at,
                            new byte[0],
                            Math.min(body.length, at + 1 + random.nextInt(8)));
            case 3 -> {
                byte[] inserted = new byte[1 + random.nextInt(6)];
                random.nextBytes(inserted);
                yield splice(body, at, inserted, at);
            }
            default -> splice(body, at, HexFormat.of().parseHex(huge(random)), at);
        };
    }

    /** A header that promises a lot. */
    private static String huge(Random random) {
        String[] headers = {"db", "c6", "dd", "df", "c9"};
        return headers[random.nextInt(headers.length)]
                + "7fffff"
                + (random.nextBoolean() ? "ff" : "f0");
    }

    /** {@code body} with {@code middle} in place of what is between {@code from} and {@code to}. */
    private static byte[] splice(byte[] body, int from, byte[] middle, int to) {
        byte[] result = new byte[from + middle.length + body.length - to];
        System.arraycopy(body, 0, result, 0, from);
        System.arraycopy(middle, 0, result, from, middle.length);
        System.arraycopy(body, to, result, from + middle.length, body.length - to);
        return result;
    }

    private static void survives(byte[] body) {
        byte[] frame = TestFrames.frame(body);
        attempt(frame, Encoding::of);
        attempt(frame, f -> Encoding.of(f).decode(f));
        attempt(frame, f -> Encoding.of(f).decodeReply(f));
        attempt(frame, Events::progress);
        attempt(frame, Events::stack);
        // a reply is told in another encoding only after it has been read as one
        attempt(
                frame,
                f -> {
                    Encoding.of(f).decodeReply(f);
                    for (Encoding encoding : ENCODINGS) {
                        encoding.encode(f);
                    }
                });
        attempt(
                frame,
                f -> {
                    if (Encoding.of(f).decode(f) instanceof Request.Submit) {
                        byte[] asking = Encoding.of(f).withBenchmark(f);
                        assertThat(Encoding.of(f).decode(asking))
                                .isInstanceOf(Request.Submit.class);
                        byte[] more = Encoding.of(f).withField(f, "name", "added");
                        assertThat(Encoding.of(f).decode(more))
                                .isInstanceOfSatisfying(
                                        Request.Submit.class,
                                        submit ->
                                                assertThat(submit.task().terms().name())
                                                        .isEqualTo("added"));
                    }
                });
    }

    private static void attempt(byte[] frame, Consumer<byte[]> decoding) {
        try {
            decoding.accept(frame);
        } catch (TaskException expected) {
            assertThat(expected.explanation()).isNotBlank();
        } catch (RuntimeException | Error e) {
            throw new AssertionError("frame " + HexFormat.of().formatHex(frame), e);
        }
    }
}
