package io.parallite.history;

import io.parallite.config.ConfigException;
import io.parallite.task.TaskDetail;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * {@code failures_file}: failures as lines of JSON, which the next daemon reads.
 *
 * <p>Bounded: at {@value #MOST} bytes it is renamed to {@code FILE.1}, which it replaces. Only its
 * owner can read it. A writer thread of its own ends when it is idle; at most {@value #PENDING}
 * failures wait for it, further ones are dropped. A record that cannot be written is lost and
 * leaves no partial line; this is logged once until a record is written again. Any thread may
 * append.
 */
public final class FailureFile {

    static final long MOST = 4 * 1024 * 1024;
    static final int PENDING = 256;

    private static final Logger LOG = Logger.getLogger(FailureFile.class);

    /** A longer line was not written by this class: what is kept of a failure is shorter. */
    private static final int LONGEST_LINE = 256 * 1024;

    private static final Duration IDLE = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Set<OpenOption> APPENDING =
            Set.of(
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    LinkOption.NOFOLLOW_LINKS);

    private final Path file;
    private final Path older;
    private final ThreadPoolExecutor writer;

    /** Whether the loss of records has been logged. Owned by the writer's thread. */
    private boolean isLosing;

    /**
     * The file at this path, which is made if there is none.
     *
     * @throws ConfigException when it cannot be written to
     */
    public FailureFile(Path file) {
        this.file = file.toAbsolutePath();
        this.older = this.file.resolveSibling(this.file.getFileName() + ".1");
        try {
            open().close();
        } catch (IOException | UnsupportedOperationException e) {
            throw new ConfigException(
                    "failures_file=%s cannot be written (%s); name a file in a directory that this user may write to"
                            .formatted(file, e));
        }
        this.writer =
                new ThreadPoolExecutor(
                        1,
                        1,
                        IDLE.toSeconds(),
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(PENDING),
                        Thread.ofPlatform().name("parallite-failures").daemon().factory());
        writer.allowCoreThreadTimeOut(true);
    }

    /** Writes {@code failed}, later. */
    void append(TaskDetail failed) {
        try {
            writer.execute(() -> write(failed));
        } catch (RejectedExecutionException | OutOfMemoryError e) { // the latter: no thread
            LOG.debugf("a failure is not written to %s: %s", file, e);
        }
    }

    private void write(TaskDetail failed) {
        try {
            byte[] line = FailureRecord.line(failed);
            if (Files.exists(file) && Files.size(file) + line.length > MOST) {
                Files.move(file, older, StandardCopyOption.REPLACE_EXISTING);
            }
            write(line);
            isLosing = false;
        } catch (IOException | RuntimeException e) {
            lose(e);
        }
    }

    private void write(byte[] line) throws IOException {
        try (FileChannel channel = open()) {
            long before = channel.size();
            long from =
                    before > 0 && !endsLine(channel, before) ? startLine(channel, before) : before;
            try {
                ByteBuffer bytes = ByteBuffer.wrap(line);
                for (long at = from; bytes.hasRemaining(); ) {
                    at += channel.write(bytes, at);
                }
            } catch (IOException e) {
                cut(channel, before, e);
                throw e;
            }
        }
    }

    private static void cut(FileChannel channel, long size, IOException why) {
        try {
            channel.truncate(size);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    private static boolean endsLine(FileChannel channel, long size) throws IOException {
        ByteBuffer last = ByteBuffer.allocate(1);
        return channel.read(last, size - 1) == 1 && last.get(0) == '\n';
    }

    /** Ends the line that was cut off when its writer was killed; where the next one begins. */
    private static long startLine(FileChannel channel, long size) throws IOException {
        return size + channel.write(ByteBuffer.wrap(new byte[] {'\n'}), size);
    }

    private FileChannel open() throws IOException {
        boolean isPosix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] attributes =
                isPosix
                        ? new FileAttribute<?>[] {
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------"))
                        }
                        : new FileAttribute<?>[0];
        return FileChannel.open(file, APPENDING, attributes);
    }

    private void lose(Exception why) {
        if (!isLosing) {
            isLosing = true;
            LOG.warnf("failures are lost until %s can be written again: %s", file, why);
        }
    }

    /** Gives all that is in the files to {@code reader}, the oldest first. Blocks. */
    void read(Consumer<TaskDetail> reader) {
        int skipped = 0;
        for (Path each : new Path[] {older, file}) {
            if (Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)) {
                skipped += read(each, reader);
            }
        }
        if (skipped > 0) {
            LOG.warnf("%d lines of %s are no records of failures, and are skipped", skipped, file);
        }
    }

    private static int read(Path from, Consumer<TaskDetail> reader) {
        int skipped = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(from))) {
            for (byte[] line = nextLine(in); line != null; line = nextLine(in)) {
                Optional<TaskDetail> record = FailureRecord.read(line);
                record.ifPresent(reader);
                skipped += record.isPresent() || line.length == 0 ? 0 : 1;
            }
        } catch (IOException e) {
            LOG.warnf("%s cannot be read: %s", from, e);
        }
        return skipped;
    }

    /** The bytes up to the next end of a line, of a long line its beginning; null at the end. */
    private static byte @Nullable [] nextLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int next = in.read();
        if (next < 0) {
            return null;
        }
        for (; next >= 0 && next != '\n'; next = in.read()) {
            if (line.size() < LONGEST_LINE) {
                line.write(next);
            }
        }
        return line.toByteArray();
    }

    /** Waits a short time for pending records to be written. */
    void close() {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warnf("the last failures were not written to %s in time", file);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
