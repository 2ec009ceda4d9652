package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.parallite.engine.ManualEngine;
import io.parallite.engine.Offload;
import io.parallite.server.SharedValues.Pin;
import io.parallite.task.FailureKind;
import io.parallite.wire.RequestException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedValuesTest {

    /** Room for two values of up to 1,000 bytes, with what each takes beside them. */
    private static final long LIMIT = 2 * (4096 + 1000);

    @TempDir private Path directory;
    private final ManualEngine engine = new ManualEngine();
    private final List<RequestException> told = new ArrayList<>();
    private SharedValues values;

    @BeforeEach
    void open() {
        values = new SharedValues(engine, new Offload(engine), directory, LIMIT);
    }

    private static byte[] bytes(String value) {
        return value.getBytes(StandardCharsets.UTF_8);
    }

    private static String hash(String value) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(bytes(value)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private String keep(String value) {
        String hash = hash(value);
        begin(hash, value);
        finish(told.size() + 1);
        return hash;
    }

    private void begin(String hash, String value) {
        values.keep(hash, () -> bytes(value), value.length(), told::add);
    }

    private void finish(int answers) {
        await().until(
                        () -> {
                            engine.runActions();
                            return told.size() == answers;
                        });
    }

    private Pin pin(String hash) {
        return Objects.requireNonNull(values.pin(hash), hash);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void writesAFileNamedByTheHash() throws IOException {
        String hash = keep("value");

        assertThat(files()).containsExactly(hash);
        assertThat(directory.resolve(hash)).hasContent("value");
        assertThat(told).containsOnlyNulls();
        assertThat(values.pin(hash("another"))).isNull();
    }

    @Test
    void keepsAValueWhileOneOfItsPinsIsThere() throws IOException {
        String hash = keep("value");
        Pin one = pin(hash);
        Pin two = pin(hash);
        one.release();
        one.release();
        engine.advance(SharedValues.UNUSED.multipliedBy(3));
        assertThat(files()).containsExactly(hash);

        two.release();

        engine.advance(SharedValues.UNUSED.minus(Duration.ofSeconds(1)));
        assertThat(files()).containsExactly(hash);
        engine.advance(SharedValues.UNUSED);
        assertThat(files()).isEmpty();
        assertThat(values.pin(hash)).isNull();
        assertThat(values.figures())
                .containsEntry("values", 0)
                .containsEntry("bytes", 0L)
                .containsEntry("unused", 0);
        assertThat(engine.pendingTimers()).isZero();
    }

    @Test
    void removesWhatHasBeenUnusedForLongestWhenThereIsNoRoom() throws IOException {
        String first = keep("first");
        String second = keep("second");
        pin(first).release(); // used later than the second one

        String third = keep("third");

        assertThat(files()).containsExactlyInAnyOrder(first, third).doesNotContain(second);
    }

    @Test
    void refusesWhatDoesNotFitBesideValuesInUse() throws IOException {
        Pin pinned = pin(keep("first"));
        pin(keep("second"));

        assertThatExceptionOfType(RequestException.class)
                .isThrownBy(() -> begin(hash("third"), "third"))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.BUDGET_EXCEEDED))
                .withMessageContainingAll("shared_bytes=" + LIMIT);

        pinned.release();
        keep("third");
        assertThat(files()).containsExactlyInAnyOrder(hash("second"), hash("third"));
    }

    @Test
    void refusesBytesOfAnotherHash() throws IOException {
        String hash = hash("value");
        begin(hash, "forged");
        finish(1);

        assertThat(told.getFirst().kind()).isEqualTo(FailureKind.INVALID_REQUEST);
        assertThat(files()).isEmpty();
        assertThat(values.pin(hash)).isNull();
        assertThat(values.figures()).containsEntry("bytes", 0L);
    }

    @Test
    void writesOnceWhatIsSentTwiceAtATime() throws IOException {
        String hash = hash("value");
        begin(hash, "value");
        begin(hash, "value");
        finish(2);

        assertThat(told).containsOnlyNulls();
        assertThat(values.figures()).containsEntry("values", 1);
        pin(hash).release();
        engine.advance(SharedValues.UNUSED.multipliedBy(2));
        assertThat(files()).isEmpty();
        assertThat(values.figures()).containsEntry("bytes", 0L);
    }

    @Test
    void makesTheDirectoryAnewWhenItWasRemoved() throws IOException {
        Files.delete(directory);

        String hash = keep("value");

        assertThat(directory.resolve(hash)).hasContent("value");
        assertThat(Files.getPosixFilePermissions(directory)).hasSize(3);
    }

    @Test
    void writesAFileAgainThatWasRemoved() throws IOException {
        String hash = keep("value");
        Pin pinned = pin(hash);
        assertThat(values.isThere(hash)).isTrue();
        Files.delete(directory.resolve(hash));
        assertThat(values.isThere(hash)).isFalse();

        keep("value");

        assertThat(values.isThere(hash)).isTrue();
        assertThat(values.figures()).containsEntry("values", 1).containsEntry("unused", 0);
        pinned.release();
        engine.advance(SharedValues.UNUSED.multipliedBy(2));
        assertThat(files()).isEmpty();
        assertThat(values.figures()).containsEntry("bytes", 0L);
    }

    @Test
    void leavesNoPartOfAFileThatCannotBeWritten() throws IOException {
        String hash = hash("value");
        Path inTheWay = Files.createDirectory(directory.resolve(hash));
        Files.createFile(inTheWay.resolve("file"));

        begin(hash, "value");
        finish(1);

        assertThat(told.getFirst()).hasMessageContainingAll(hash, "make room");
        assertThat(files()).containsExactly(hash);
        assertThat(values.figures()).containsEntry("bytes", 0L);
    }

    @Test
    void tellsWhyAFileCannotBeWritten() throws IOException {
        Files.delete(directory);
        Files.createFile(directory);

        begin(hash("value"), "value");
        finish(1);

        assertThat(told.getFirst().kind()).isEqualTo(FailureKind.INTERNAL);
        assertThat(told.getFirst()).hasMessageContaining(directory.toString());
        Files.delete(directory);
    }

    @Test
    void keepsAllOrNothingOfWhatATaskNames() throws IOException {
        String kept = keep("value");

        assertThatExceptionOfType(RequestException.class)
                .isThrownBy(() -> values.pinAll(List.of(kept, hash("another")), "task"))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.SHARED_GONE))
                .satisfies(e -> assertThat(e.taskId()).isEqualTo("task"))
                .withMessageContaining(hash("another"));

        engine.advance(SharedValues.UNUSED.multipliedBy(2));
        assertThat(files()).isEmpty();
    }

    @Test
    void refusesAllWhereWorkersKnowNoDirectory() {
        values = new SharedValues(engine, new Offload(engine), null, LIMIT);

        assertThatExceptionOfType(RequestException.class)
                .isThrownBy(() -> begin(hash("value"), "value"))
                .withMessageContaining("worker script");
    }
}
