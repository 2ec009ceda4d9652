package io.parallite.dispatch;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.parallite.engine.Engine;
import io.parallite.history.Failures;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The results of tasks that have ended, for {@code await}, {@code status} and repeated submits.
 *
 * <p>Bounded in time and in bytes, the oldest going first. All entries live equally long, so the
 * order in which they came is the order in which they go, some at a time: they are records of a
 * {@link RecordLog} outside the Java heap, found through an index of positions. A map of objects
 * made the heap grow to a multiple of what it held. An entry past its time is no longer found; its
 * memory is free once the others of its segment are past theirs.
 *
 * <p>Owned by the engine's thread.
 */
public final class TaskCache {

    /** A task that has ended, as kept for those who ask again. */
    record Retained(long fingerprint, TaskStatus status, TaskResult result) {

        /**
         * All that is kept of it.
         *
         * @param remembered what the log has of that id, with the progress that is not retained;
         *     another run is left out of account
         */
        TaskDetail detail(Optional<TaskDetail> remembered) {
            TaskStatus whole =
                    remembered
                            .map(TaskDetail::status)
                            .filter(known -> known.submittedAt() == status.submittedAt())
                            .map(known -> status.withProgress(known.progress()))
                            .orElse(status);
            return new TaskDetail(
                    whole,
                    result instanceof TaskResult.Replied(byte[] frame, boolean ignored)
                            ? frame
                            : null);
        }
    }

    private static final Logger LOG = Logger.getLogger(TaskCache.class);

    /** What an entry is charged beside its record: its share of the index and of unused space. */
    static final int ENTRY_OVERHEAD = 128;

    private static final int EXPIRES = 0;
    private static final int FINGERPRINT = EXPIRES + Long.BYTES;
    private static final int SUBMITTED = FINGERPRINT + Long.BYTES;
    private static final int STARTED = SUBMITTED + Long.BYTES;
    private static final int FINISHED = STARTED + Long.BYTES;
    private static final int PID = FINISHED + Long.BYTES;
    private static final int OUTCOME = PID + Long.BYTES;
    private static final int ID_LENGTH = OUTCOME + 1;
    private static final int WORKER_LENGTH = ID_LENGTH + Short.BYTES;
    private static final int CODE_LENGTH = WORKER_LENGTH + Short.BYTES;
    private static final int MESSAGE_LENGTH = CODE_LENGTH + Short.BYTES;
    private static final int NAME_LENGTH = MESSAGE_LENGTH + Short.BYTES;
    private static final int ID = NAME_LENGTH + Short.BYTES;

    private static final byte[] NONE = {};

    private static final int SUCCEEDED = -1;
    private static final int FAILED = -2;

    private final Engine engine;
    private final long retention;
    private long maxBytes;
    private final PositionIndex index;
    private final RecordLog log;

    /**
     * A cache that keeps results for {@code retention} and up to {@code maxBytes} of them.
     *
     * @param maxBytes 16 GiB at most, so that all entries lie within {@link RecordLog#WINDOW}
     */
    public TaskCache(Engine engine, Duration retention, long maxBytes) {
        this.engine = engine;
        this.retention = retention.toNanos();
        this.maxBytes = maxBytes;
        // without leak detection: what lives as long as the cache is no leak
        ByteBufAllocator allocator = new UnpooledByteBufAllocator(true, true);
        this.index = new PositionIndex(allocator);
        this.log = new RecordLog(engine, retention, maxBytes, allocator, index::remove);
    }

    /** The task of this id, with its result; {@code null} when none is retained. */
    @Nullable Retained find(TaskId id) {
        ByteBuf entry = entryOf(id);
        return entry == null
                ? null
                : new Retained(entry.getLong(FINGERPRINT), status(id, entry), result(entry));
    }

    /** The same without its result, which may be long. */
    @Nullable TaskStatus status(TaskId id) {
        ByteBuf entry = entryOf(id);
        return entry == null ? null : status(id, entry);
    }

    /** Whether a task of this id is retained. */
    boolean has(TaskId id) {
        return entryOf(id) != null;
    }

    private @Nullable ByteBuf entryOf(TaskId id) {
        long position = positionOf(id);
        if (position == PositionIndex.NONE) {
            return null;
        }
        ByteBuf entry = log.at(position);
        return isExpired(entry) ? null : entry;
    }

    /** Keeps {@code task}, unless it alone is over the bound. */
    void put(TaskId id, Retained task) {
        Parts parts = Parts.of(id, task);
        int length = ID + parts.length();
        if (length + ENTRY_OVERHEAD > maxBytes) {
            return;
        }
        try {
            add(id, length, entry -> write(entry, task, parts));
        } catch (OutOfMemoryError e) {
            makeDo(e);
        }
        dropWhatExceeds();
    }

    private void add(TaskId id, int length, Consumer<ByteBuf> writer) {
        int hash = id.hashCode();
        long before = positionOf(id);
        long position = log.append(hash, length, writer);
        if (before != PositionIndex.NONE) {
            index.remove(hash, before);
        }
        index.add(hash, position);
    }

    /** There is less memory than was thought: keeps to what there is, and to less than that now. */
    private void makeDo(OutOfMemoryError why) {
        maxBytes = bytes() - bytes() / 4;
        LOG.errorf(
                "no more memory for results (%s): %d bytes of them are kept from now on; lower result_cache_bytes, or raise -XX:MaxDirectMemorySize",
                why.getMessage(), maxBytes);
    }

    private void dropWhatExceeds() {
        while (bytes() > maxBytes && log.size() > 0) {
            log.dropOldest();
        }
    }

    /** What of an entry has no fixed length, in the order in which it is written. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Parts(
            byte[] id, byte[] worker, byte[] code, byte[] message, byte[] name, byte[] body) {

        /** Why a task failed is kept beside a worker's reply, and is all there is of others. */
        static Parts of(TaskId id, Retained task) {
            String worker = task.status().worker();
            String name = task.status().name();
            TaskFailure failure =
                    task.result() instanceof TaskResult.Replied ? task.status().failure() : null;
            return new Parts(
                    utf8(id.value()),
                    worker == null ? NONE : utf8(worker),
                    failure == null ? NONE : utf8(failure.code()),
                    failure == null ? NONE : utf8(failure.message()),
                    name == null ? NONE : utf8(name),
                    bodyOf(task.result()));
        }

        int length() {
            return id.length
                    + worker.length
                    + code.length
                    + message.length
                    + name.length
                    + body.length;
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Drops what is past its time. */
    void sweep() {
        log.sweep();
    }

    long size() {
        return log.size();
    }

    /** What the entries are charged. */
    long bytes() {
        return log.bytes() + ENTRY_OVERHEAD * log.size();
    }

    private long positionOf(TaskId id) {
        return index.find(id.hashCode(), position -> hasName(log.at(position), id));
    }

    private static boolean hasName(ByteBuf entry, TaskId id) {
        byte[] name = id.value().getBytes(StandardCharsets.UTF_8);
        if (entry.getUnsignedShort(ID_LENGTH) != name.length) {
            return false;
        }
        for (int i = 0; i < name.length; i++) {
            if (entry.getByte(ID + i) != name[i]) {
                return false;
            }
        }
        return true;
    }

    private boolean isExpired(ByteBuf entry) {
        return engine.nanoTime() - entry.getLong(EXPIRES) >= 0;
    }

    private void write(ByteBuf entry, Retained task, Parts parts) {
        TaskStatus status = task.status();
        entry.clear()
                .writeLong(engine.nanoTime() + retention)
                .writeLong(task.fingerprint())
                .writeLong(status.submittedAt())
                .writeLong(status.startedAt())
                .writeLong(status.finishedAt())
                .writeLong(status.pid())
                .writeByte(outcome(task.result()))
                .writeShort(parts.id.length)
                .writeShort(parts.worker.length)
                .writeShort(parts.code.length)
                .writeShort(parts.message.length)
                .writeShort(parts.name.length)
                .writeBytes(parts.id)
                .writeBytes(parts.worker)
                .writeBytes(parts.code)
                .writeBytes(parts.message)
                .writeBytes(parts.name)
                .writeBytes(parts.body);
    }

    @SuppressWarnings("EnumOrdinal") // a byte in memory, for the life of one process
    private static int outcome(TaskResult result) {
        return switch (result) {
            case TaskResult.Replied(byte[] ignored, boolean ok) -> ok ? SUCCEEDED : FAILED;
            case TaskResult.Failed(FailureKind kind, String ignored) -> kind.ordinal();
        };
    }

    private static byte[] bodyOf(TaskResult result) {
        return switch (result) {
            case TaskResult.Replied(byte[] frame, boolean ignored) -> frame;
            case TaskResult.Failed(FailureKind ignored, String message) ->
                    message.getBytes(StandardCharsets.UTF_8);
        };
    }

    @SuppressWarnings("EnumOrdinal")
    private static TaskResult result(ByteBuf entry) {
        int start = nameAt(entry) + entry.getUnsignedShort(NAME_LENGTH);
        byte[] body = new byte[entry.capacity() - start];
        entry.getBytes(start, body);
        int outcome = entry.getByte(OUTCOME);
        return outcome < 0
                ? new TaskResult.Replied(body, outcome == SUCCEEDED)
                : new TaskResult.Failed(
                        FailureKind.values()[outcome], new String(body, StandardCharsets.UTF_8));
    }

    private static int nameAt(ByteBuf entry) {
        return ID
                + entry.getUnsignedShort(ID_LENGTH)
                + entry.getUnsignedShort(WORKER_LENGTH)
                + entry.getUnsignedShort(CODE_LENGTH)
                + entry.getUnsignedShort(MESSAGE_LENGTH);
    }

    @SuppressWarnings("EnumOrdinal")
    private static TaskState state(int outcome) {
        if (outcome == SUCCEEDED) {
            return TaskState.COMPLETED;
        }
        return outcome == FailureKind.CANCELLED.ordinal() ? TaskState.CANCELLED : TaskState.FAILED;
    }

    private static TaskStatus status(TaskId id, ByteBuf entry) {
        int at = ID + entry.getUnsignedShort(ID_LENGTH);
        String worker = text(entry, at, entry.getUnsignedShort(WORKER_LENGTH));
        String name = text(entry, nameAt(entry), entry.getUnsignedShort(NAME_LENGTH));
        return new TaskStatus(
                        id,
                        state(entry.getByte(OUTCOME)),
                        entry.getLong(SUBMITTED),
                        entry.getLong(STARTED),
                        entry.getLong(FINISHED),
                        worker.isEmpty() ? null : worker)
                .named(name.isEmpty() ? null : name)
                .on(entry.getLong(PID))
                .with(failure(entry, at + entry.getUnsignedShort(WORKER_LENGTH)));
    }

    private static @Nullable TaskFailure failure(ByteBuf entry, int at) {
        if (entry.getByte(OUTCOME) >= 0) {
            return Failures.in(result(entry));
        }
        int length = entry.getUnsignedShort(CODE_LENGTH);
        return length == 0
                ? null
                : new TaskFailure(
                        text(entry, at, length),
                        text(entry, at + length, entry.getUnsignedShort(MESSAGE_LENGTH)));
    }

    private static String text(ByteBuf entry, int from, int length) {
        return entry.toString(from, length, StandardCharsets.UTF_8);
    }
}
