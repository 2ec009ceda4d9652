package io.parallite.process.files;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Checks the owners of files in directories that are shared with other users. Any thread. */
public final class FileOwner {

    private static final boolean KNOWN =
            FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
    private static final int OTHERS = 066;
    private static final int WRITE_OF_OTHERS = 02;

    private FileOwner() {}

    /** Whether {@code path} itself, not what it links to, belongs to the user of this process. */
    static boolean isOurs(Path path) throws IOException {
        return !KNOWN || user(path) == user(ownProcess());
    }

    /**
     * The same of a directory that no other user may read or write, so that no other user has put
     * files there.
     */
    static boolean isOurPrivateDirectory(Path path) throws IOException {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                && isOurs(path)
                && (!KNOWN || (attribute(path, "unix:mode") & OTHERS) == 0);
    }

    /** Whether every user of the machine may change it; false when that cannot be known. */
    public static boolean isOpenToAll(Path path) {
        try {
            return KNOWN && ((int) Files.getAttribute(path, "unix:mode") & WRITE_OF_OTHERS) != 0;
        } catch (IOException e) {
            return false; // it is not there, or will not be read either
        }
    }

    private static Path ownProcess() {
        Path process = Path.of("/proc/self/task");
        return Files.exists(process) ? process : Path.of(System.getProperty("user.home"));
    }

    private static int user(Path path) throws IOException {
        return attribute(path, "unix:uid");
    }

    private static int attribute(Path path, String name) throws IOException {
        return (int) Files.getAttribute(path, name, LinkOption.NOFOLLOW_LINKS);
    }
}
