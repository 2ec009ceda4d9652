package io.parallite.process.files;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Deletes a directory with all that is in it. What has gone meanwhile is as good as deleted.
 *
 * <p>By open directories, not by paths, where the system can: another user may own some of it (the
 * one that workers run as), and put a link in the place of a directory while it is deleted.
 */
final class TreeDeletion {

    private TreeDeletion() {}

    /**
     * Deletes {@code directory}.
     *
     * @throws IOException when something is left
     */
    static void delete(Path directory) throws IOException {
        Path parent = Objects.requireNonNull(directory.toAbsolutePath().getParent());
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent, any -> false)) {
            if (entries instanceof SecureDirectoryStream<Path> secure) {
                deleteDirectory(secure, Objects.requireNonNull(directory.getFileName()));
            } else {
                deleteByPath(directory);
            }
        } catch (NoSuchFileException e) {
            // gone
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static void deleteDirectory(SecureDirectoryStream<Path> parent, Path name)
            throws IOException {
        try (SecureDirectoryStream<Path> entries =
                parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
            for (Path entry : entries) {
                deleteEntry(entries, Objects.requireNonNull(entry.getFileName()));
            }
        }
        parent.deleteDirectory(name);
    }

    private static void deleteEntry(SecureDirectoryStream<Path> directory, Path name)
            throws IOException {
        try {
            boolean isDirectory =
                    directory
                            .getFileAttributeView(
                                    name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                            .readAttributes()
                            .isDirectory();
            if (isDirectory) {
                deleteDirectory(directory, name);
            } else {
                directory.deleteFile(name);
            }
        } catch (NoSuchFileException e) {
            // deleted by another process
        }
    }

    private static void deleteByPath(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> tree = Files.walk(directory)) {
            files = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
