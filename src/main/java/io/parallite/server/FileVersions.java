package io.parallite.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Detects whether files have been written or replaced since the last call. For one thread. */
final class FileVersions {

    private record Version(FileTime modified, long size, @Nullable Object fileKey) {
        private static final Version NONE = new Version(FileTime.fromMillis(0), 0, null);
    }

    private final List<Path> files;
    private List<Version> seen;

    FileVersions(List<Path> files) {
        this.files = List.copyOf(files);
        this.seen = versions();
    }

    boolean haveChanged() {
        List<Version> before = seen;
        seen = versions();
        return !seen.equals(before);
    }

    private List<Version> versions() {
        return files.stream().map(FileVersions::version).toList();
    }

    private static Version version(Path file) {
        try {
            BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
            return new Version(is.lastModifiedTime(), is.size(), is.fileKey());
        } catch (IOException e) {
            return Version.NONE;
        }
    }
}
