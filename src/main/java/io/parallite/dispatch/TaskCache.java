package io.parallite.dispatch;

import io.netty.buffer.ByteBuf;
import io.parallite.engine.Engine;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The results of tasks that have ended, for {@code await}, {@code status} and repeated submits.
 *
 * <p>Bounded in time and in bytes, the oldest going first. All entries live equally long, so the
 * order in which they came is the order in which they go, and a log of records outside the Java
 * heap with an index of positions is all it takes: nothing for the garbage collector to copy,
 * promote and collect again, where a map of objects made the heap grow to a multiple of what it
 * held.
 *
 * <p>Owned by the engine's thread.
 */
public final class TaskCache {

    /** What an entry is charged beside its record: its share of the index and of unused space. */
    static final int ENTRY_OVERHEAD = 128;

    private static final int HASH = 0;
    private static final int EXPIRES = HASH + Integer.BYTES;
    private static final int FINGERPRINT = EXPIRES + Long.BYTES;
    private static final int SUBMITTED = FINGERPRINT + Long.BYTES;
    private static final int STARTED = SUBMITTED + Long.BYTES;
    private static final int FINISHED = STARTED + Long.BYTES;
    private static final int OUTCOME = FINISHED + Long.BYTES;
    private static final int ID_LENGTH = OUTCOME + 1;
    private static final int WORKER_LENGTH = ID_LENGTH + Short.BYTES;
    private static final int ID = WORKER_LENGTH + Short.BYTES;

    private static final byte[] NO_WORKER = {};

    private static final int SUCCEEDED = -1;
    private static final int FAILED = -2;

    private final Engine engine;
    private final long retention;
    private final long maxBytes;
    private final RecordLog log = new RecordLog();
    private final PositionIndex index = new PositionIndex();

    /**
     * A cache that keeps results for {@code retention} and up to {@code maxBytes} of them.
     *
     * @param maxBytes 16 GiB at most, so that all entries lie within {@link RecordLog#WINDOW}
     */
    public TaskCache(Engine engine, Duration retention, long maxBytes) {
        this.engine = engine;
        this.retention = retention.toNanos();
        this.maxBytes = maxBytes;
    }

    @Nullable RetainedTask find(TaskId id) {
        long position = positionOf(id);
        if (position == PositionIndex.NONE) {
            return null;
        }
        ByteBuf entry = log.at(position);
        return isExpired(entry) ? null : read(id, entry);
    }

    /** Keeps {@code task}, unless it alone is over the bound. */
    void put(TaskId id, RetainedTask task) {
        byte[] name = id.value().getBytes(StandardCharsets.UTF_8);
        String on = task.status().worker();
        byte[] worker = on == null ? NO_WORKER : on.getBytes(StandardCharsets.UTF_8);
        byte[] body = body(task.result());
        int length = ID + name.length + worker.length + body.length;
        if (length + ENTRY_OVERHEAD > maxBytes) {
            return;
        }
        int hash = id.hashCode();
        long before = positionOf(id);
        long position = log.append(length, entry -> write(entry, hash, name, worker, task, body));
        if (before != PositionIndex.NONE) {
            index.remove(hash, before);
        }
        index.add(hash, position);
        while (bytes() > maxBytes) {
            dropOldest();
        }
    }

    /** Drops what is past its time. */
    void sweep() {
        while (log.size() > 0 && isExpired(log.at(log.oldest()))) {
            dropOldest();
        }
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

    private void dropOldest() {
        long oldest = log.oldest();
        index.remove(log.intAt(oldest, HASH), oldest);
        log.dropOldest();
    }

    private void write(
            ByteBuf entry, int hash, byte[] name, byte[] worker, RetainedTask task, byte[] body) {
        TaskStatus status = task.status();
        entry.setInt(HASH, hash)
                .setLong(EXPIRES, engine.nanoTime() + retention)
                .setLong(FINGERPRINT, task.fingerprint())
                .setLong(SUBMITTED, status.submittedAt())
                .setLong(STARTED, status.startedAt())
                .setLong(FINISHED, status.finishedAt())
                .setByte(OUTCOME, outcome(task.result()))
                .setShort(ID_LENGTH, name.length)
                .setShort(WORKER_LENGTH, worker.length)
                .setBytes(ID, name)
                .setBytes(ID + name.length, worker)
                .setBytes(ID + name.length + worker.length, body);
    }

    private static int outcome(TaskResult result) {
        return switch (result) {
            case TaskResult.Replied(byte[] ignored, boolean ok) -> ok ? SUCCEEDED : FAILED;
            case TaskResult.Failed(FailureKind kind, String ignored) -> kind.ordinal();
        };
    }

    private static byte[] body(TaskResult result) {
        return switch (result) {
            case TaskResult.Replied(byte[] frame, boolean ignored) -> frame;
            case TaskResult.Failed(FailureKind ignored, String message) ->
                    message.getBytes(StandardCharsets.UTF_8);
        };
    }

    private static RetainedTask read(TaskId id, ByteBuf entry) {
        int workerStart = ID + entry.getUnsignedShort(ID_LENGTH);
        int start = workerStart + entry.getUnsignedShort(WORKER_LENGTH);
        byte[] body = new byte[entry.capacity() - start];
        entry.getBytes(start, body);
        int outcome = entry.getByte(OUTCOME);
        TaskResult result =
                outcome < 0
                        ? new TaskResult.Replied(body, outcome == SUCCEEDED)
                        : new TaskResult.Failed(
                                FailureKind.values()[outcome],
                                new String(body, StandardCharsets.UTF_8));
        TaskStatus status =
                new TaskStatus(
                        id,
                        result.ok() ? TaskState.COMPLETED : TaskState.FAILED,
                        entry.getLong(SUBMITTED),
                        entry.getLong(STARTED),
                        entry.getLong(FINISHED),
                        start == workerStart
                                ? null
                                : entry.toString(
                                        workerStart, start - workerStart, StandardCharsets.UTF_8));
        return new RetainedTask(entry.getLong(FINGERPRINT), status, result);
    }
}
