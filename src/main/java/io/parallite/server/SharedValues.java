package io.parallite.server;

import io.parallite.engine.Engine;
import io.parallite.engine.Guard;
import io.parallite.engine.Offload;
import io.parallite.task.FailureKind;
import io.parallite.wire.RequestException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The values that tasks share: one file each, named by the hash of its bytes, in a directory that
 * workers know.
 *
 * <p>A value stays as long as a client or a task in flight has a {@link Pin} on it, and for {@link
 * #UNUSED} afterwards, in case another client shares the same; those that are unused go earlier,
 * the one that has been for longest first, when there is no room for another. Owned by the engine's
 * thread; files are written elsewhere.
 */
public final class SharedValues {

    /** How long an unused value is kept. */
    static final Duration UNUSED = Duration.ofMinutes(1);

    /** What a value takes beside its bytes: its file, and what is known of it. */
    private static final int FILE = 4096;

    private final Engine engine;
    private final Offload offload;
    private final @Nullable Path directory;
    private final long limit;
    private final Map<String, Value> values = new HashMap<>();

    /** The unused values, the one that is unused for longest first. */
    private final Map<String, Value> unused = new LinkedHashMap<>();

    /** The callbacks of values that are being written. */
    private final Map<String, List<Consumer<@Nullable RequestException>>> writing = new HashMap<>();

    private long bytes;
    private boolean isSweepDue;

    /**
     * @param directory where the files go; {@code null} when the workers know none
     * @param limit how many bytes all values may have
     */
    SharedValues(Engine engine, Offload offload, @Nullable Path directory, long limit) {
        this.engine = engine;
        this.offload = offload;
        this.directory = directory;
        this.limit = limit;
    }

    /** One value. */
    private static final class Value {

        private final String hash;
        private final long bytes;
        private int pins;
        private long unusedSince;

        Value(String hash, long bytes) {
            this.hash = hash;
            this.bytes = bytes + FILE;
        }
    }

    /** Keeps a value until it is released. */
    final class Pin {

        private @Nullable Value value;

        private Pin(Value value) {
            this.value = value;
            if (value.pins++ == 0) {
                unused.remove(value.hash);
            }
        }

        /** The value may go, as far as this is concerned; does nothing the second time. */
        void release() {
            Value released = value;
            value = null;
            if (released != null && --released.pins == 0) {
                released.unusedSince = engine.nanoTime();
                unused.put(released.hash, released);
                sweepLater();
            }
        }
    }

    /** Whether the value of this hash is kept, and its file still exists. */
    boolean isThere(String hash) {
        Path place = directory;
        return place != null && values.containsKey(hash) && Files.exists(place.resolve(hash));
    }

    /** Keeps the value of this hash; {@code null} when it is not here. */
    @Nullable Pin pin(String hash) {
        Value value = values.get(hash);
        return value == null ? null : new Pin(value);
    }

    /**
     * Keeps the values that a task names.
     *
     * @throws RequestException of kind {@link FailureKind#SHARED_GONE} when one is not here
     */
    Collection<Pin> pinAll(Collection<String> hashes, String taskId) {
        List<Pin> pins = new ArrayList<>(hashes.size());
        for (String hash : hashes) {
            Pin pin = pin(hash);
            if (pin == null) {
                pins.forEach(Pin::release);
                throw new RequestException(
                        FailureKind.SHARED_GONE,
                        "the shared value %s is not kept here; share it over this connection, and keep that open until the task is submitted"
                                .formatted(hash),
                        taskId);
            }
            pins.add(pin);
        }
        return pins;
    }

    /**
     * Writes a value's file.
     *
     * @param content makes its bytes; called on another thread
     * @param length how many bytes those are at most
     * @param onDone called with the reason when it is not kept, else with {@code null}
     * @throws RequestException when there is no room for it
     */
    void keep(
            String hash,
            Callable<byte[]> content,
            long length,
            Consumer<@Nullable RequestException> onDone) {
        List<Consumer<@Nullable RequestException>> others = writing.get(hash);
        if (others != null) {
            others.add(onDone);
            return;
        }
        long most = length + FILE;
        Path place = requireRoom(most);
        bytes += most; // until it is known how many they are
        writing.put(hash, new ArrayList<>(List.of(onDone)));
        offload.run(
                () -> write(content.call(), hash, place.resolve(hash + ".part")),
                (size, problem) -> {
                    bytes -= most;
                    if (size != null && !values.containsKey(hash)) {
                        add(new Value(hash, size));
                    }
                    RequestException why = problem == null ? null : explained(problem);
                    List<Consumer<@Nullable RequestException>> callers = writing.remove(hash);
                    if (callers != null) {
                        callers.forEach(each -> Guard.run("sharing", () -> each.accept(why)));
                    }
                });
    }

    private void add(Value value) {
        values.put(value.hash, value);
        bytes += value.bytes;
        value.unusedSince = engine.nanoTime();
        unused.put(value.hash, value);
        sweepLater();
    }

    private Path requireRoom(long length) {
        Path place = directory;
        if (place == null) {
            throw refused("the worker script is one that cannot load shared values");
        }
        Iterator<Value> oldest = unused.values().iterator();
        while (bytes + length > limit && oldest.hasNext()) {
            Value value = oldest.next();
            oldest.remove();
            remove(value);
        }
        if (bytes + length > limit) {
            throw refused(
                    "shared values in use take %d bytes, and the %d of this one exceed shared_bytes=%d; release some, or raise shared_bytes"
                            .formatted(bytes, length, limit));
        }
        return place;
    }

    private static RequestException refused(String why) {
        return new RequestException(FailureKind.BUDGET_EXCEEDED, why, null);
    }

    private static RequestException explained(Throwable problem) {
        return problem instanceof RequestException known
                ? known
                : new RequestException(
                        FailureKind.INTERNAL,
                        "the shared value cannot be written: %s; make room there (containers: the size of /dev/shm), or lower shared_bytes"
                                .formatted(problem),
                        null);
    }

    /** Another thread does this. */
    private static long write(byte[] content, String hash, Path temporary) throws IOException {
        String actual = HexFormat.of().formatHex(sha256().digest(content));
        if (!actual.equals(hash)) {
            throw new RequestException(
                    FailureKind.INVALID_REQUEST,
                    "hash=%s is not that of the value, which is %s".formatted(hash, actual),
                    null);
        }
        try {
            writeAnew(temporary, content);
            openAsDirectory(temporary);
            Files.move(
                    temporary, temporary.resolveSibling(hash), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            removePart(temporary, e);
            throw e;
        }
        return content.length;
    }

    /** Where workers are of another user, who passes through the directory, that user may read. */
    private static void openAsDirectory(Path file) throws IOException {
        Path directory = Objects.requireNonNull(file.getParent());
        if (Files.getFileStore(directory).supportsFileAttributeView("posix")
                && Files.getPosixFilePermissions(directory)
                        .contains(PosixFilePermission.OTHERS_EXECUTE)) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private static void writeAnew(Path file, byte[] content) throws IOException {
        try {
            Files.write(file, content);
        } catch (NoSuchFileException e) { // the directory was removed
            Files.createDirectory(
                    file.getParent(),
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
            Files.write(file, content);
        }
    }

    /** What was written of it takes room that others need. */
    private static void removePart(Path file, IOException why) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private void sweepLater() {
        if (!isSweepDue) {
            isSweepDue = true;
            engine.schedule(UNUSED, this::sweep);
        }
    }

    private void sweep() {
        isSweepDue = false;
        long now = engine.nanoTime();
        Iterator<Value> oldest = unused.values().iterator();
        while (oldest.hasNext()) {
            Value value = oldest.next();
            if (now - value.unusedSince < UNUSED.toNanos()) {
                break;
            }
            oldest.remove();
            remove(value);
        }
        if (!unused.isEmpty()) {
            sweepLater();
        }
    }

    private void remove(Value value) {
        values.remove(value.hash);
        bytes -= value.bytes;
        Path place = directory;
        if (place != null) {
            Guard.run("removing a shared value", () -> deleteQuietly(place.resolve(value.hash)));
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code {values, bytes, unused}}. */
    Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("values", values.size());
        figures.put("bytes", bytes);
        figures.put("unused", unused.size());
        return figures;
    }
}
