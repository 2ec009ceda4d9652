package io.parallite.process.files;

import io.parallite.engine.Threads;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reports changes of files that match one of some globs; for development.
 *
 * <p>Several changes within {@link #QUIET} are reported once, after it: an editor writes more than
 * one file, and a checkout many. New directories are followed; hidden ones are not. A thread of its
 * own waits for notifications of the system about directories (inotify on Linux); there are none
 * for network file systems.
 */
public final class FileWatch implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(FileWatch.class);

    static final Duration QUIET = Duration.ofMillis(200);

    private final Path root;
    private final List<PathMatcher> globs;
    private final Runnable onChange;
    private final WatchService service;
    private final Map<WatchKey, Path> directories = new HashMap<>();

    private FileWatch(Path root, List<String> globs, Runnable onChange, WatchService service) {
        this.root = root;
        this.globs = globs.stream().flatMap(glob -> matchers(glob).stream()).toList();
        this.onChange = onChange;
        this.service = service;
    }

    /**
     * Watches the files under {@code root}.
     *
     * @param globs relative to {@code root}; {@code **} stands for any number of directories, also
     *     none
     * @param onChange called on the watch's thread
     * @throws IOException when the system's watches are used up
     */
    public static FileWatch start(Path root, List<String> globs, Runnable onChange)
            throws IOException {
        WatchService service = FileSystems.getDefault().newWatchService();
        FileWatch watch = new FileWatch(root, globs, onChange, service);
        try {
            watch.follow(root, null);
        } catch (IOException e) {
            service.close();
            throw e;
        }
        Threads.startDaemon("parallite-watch", watch::run);
        return watch;
    }

    /** Java's {@code **}{@code /} wants a directory to be there: so each may also be left out. */
    private static List<PathMatcher> matchers(String glob) {
        List<String> variants = new ArrayList<>(List.of(glob));
        if (glob.contains("**/")) {
            variants.add(glob.replace("**/", ""));
            variants.add(glob.replaceFirst("\\*\\*/", ""));
        }
        return variants.stream()
                .map(variant -> FileSystems.getDefault().getPathMatcher("glob:" + variant))
                .toList();
    }

    private boolean isWatched(Path file) {
        Path relative = root.relativize(file);
        return globs.stream().anyMatch(glob -> glob.matches(relative));
    }

    /**
     * Watches a directory and those in it.
     *
     * @param changed where changes are noted; {@code null} when what is there is not new
     */
    private void follow(Path directory, @Nullable List<Path> changed) throws IOException {
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes a)
                            throws IOException {
                        boolean isHidden =
                                !dir.equals(root) && dir.getFileName().toString().startsWith(".");
                        if (isHidden) {
                            return FileVisitResult.SKIP_SUBTREE;
                        }
                        directories.put(
                                dir.register(
                                        service,
                                        StandardWatchEventKinds.ENTRY_CREATE,
                                        StandardWatchEventKinds.ENTRY_MODIFY,
                                        StandardWatchEventKinds.ENTRY_DELETE),
                                dir);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes a) {
                        if (changed != null && isWatched(file)) {
                            changed.add(file);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e)
                            throws IOException {
                        if (Files.exists(file)) {
                            throw e;
                        }
                        return FileVisitResult.CONTINUE; // removed meanwhile
                    }
                });
    }

    private void run() {
        try {
            while (true) {
                List<Path> changed = changesOf(service.take());
                boolean isQuiet = changed.isEmpty();
                while (!isQuiet) {
                    WatchKey next = service.poll(QUIET.toMillis(), TimeUnit.MILLISECONDS);
                    isQuiet = next == null;
                    if (next != null) {
                        changed.addAll(changesOf(next));
                    }
                }
                if (!changed.isEmpty()) {
                    report(changed);
                }
            }
        } catch (ClosedWatchServiceException e) {
            LOG.debug("files are no longer watched");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void report(List<Path> changed) {
        long others = changed.stream().distinct().count() - 1;
        LOG.infof(
                "%s has changed%s: workers are reloaded",
                root.relativize(changed.getFirst()), others == 0 ? "" : " and " + others + " more");
        onChange.run();
    }

    @SuppressWarnings("ReferenceEquality") // kinds are constants
    private List<Path> changesOf(WatchKey key) {
        List<Path> changed = new ArrayList<>();
        Path directory = directories.get(key);
        for (WatchEvent<?> event : key.pollEvents()) {
            if (event.kind() == StandardWatchEventKinds.OVERFLOW) {
                changed.add(root);
            } else if (directory != null && event.context() instanceof Path name) {
                note(event, directory.resolve(name), changed);
            }
        }
        if (!key.reset()) {
            directories.remove(key);
        }
        return changed;
    }

    @SuppressWarnings("ReferenceEquality") // kinds are constants
    private void note(WatchEvent<?> event, Path file, List<Path> changed) {
        if (event.kind() == StandardWatchEventKinds.ENTRY_CREATE && Files.isDirectory(file)) {
            try {
                follow(file, changed);
            } catch (IOException e) {
                LOG.warnf("%s cannot be watched: %s", file, e);
            }
        } else if (isWatched(file)) {
            changed.add(file);
        }
    }

    @Override
    public void close() {
        try {
            service.close();
        } catch (IOException e) {
            LOG.debugf("cannot close the watch: %s", e.getMessage());
        }
    }
}
