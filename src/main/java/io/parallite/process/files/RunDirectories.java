package io.parallite.process.files;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where the run-time directories of daemons are, and which of them killed daemons have left. */
public final class RunDirectories {

    /** What the name of each begins with. */
    public static final String PREFIX = "parallite-run-";

    /** That of the directories for values that tasks share. */
    static final String PREFIX_OF_SHARED = "parallite-shared-";

    /** The file in each whose lock the daemon holds. */
    static final String LOCK = "lock";

    private static final Path MEMORY = Path.of("/dev/shm");

    private RunDirectories() {}

    /** {@code XDG_RUNTIME_DIR}, else the directory for temporary files. */
    public static Path base() {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (runtime != null && !runtime.isEmpty() && Files.isWritable(Path.of(runtime))) {
            return Path.of(runtime);
        }
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    /**
     * {@link #base} where that is in memory, else {@code /dev/shm} where there is one; else {@link
     * #base} all the same: the system keeps files that are read often in memory, too.
     */
    static Path baseInMemory() {
        Path base = base();
        return isInMemory(base) || !isInMemory(MEMORY) || !Files.isWritable(MEMORY) ? base : MEMORY;
    }

    private static boolean isInMemory(Path directory) {
        try {
            return Files.getFileStore(directory).type().equals("tmpfs");
        } catch (IOException e) {
            return false; // there is none
        }
    }

    /**
     * The directories of this user in {@code base} whose daemons are gone. What other users have
     * put there is passed over, whatever its name.
     *
     * @throws IOException when {@code base} cannot be read
     */
    public static List<Path> stale(Path base) throws IOException {
        return stale(base, PREFIX);
    }

    static List<Path> stale(Path base, String prefix) throws IOException {
        List<Path> stale = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(base, prefix + "*")) {
            for (Path entry : entries) {
                if (isStale(entry)) {
                    stale.add(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return stale;
    }

    /** One without a lock is about to be made, or no daemon's. */
    private static boolean isStale(Path entry) {
        try {
            Path lock = entry.resolve(LOCK);
            return FileOwner.isOurPrivateDirectory(entry)
                    && Files.exists(lock, LinkOption.NOFOLLOW_LINKS)
                    && !LockFile.isHeld(lock);
        } catch (IOException e) {
            return false; // removed meanwhile, or not ours to look at
        }
    }
}
