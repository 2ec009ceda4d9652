package io.parallite.process.files;

import io.parallite.config.CompiledCode;
import io.parallite.config.Platform;
import io.parallite.engine.Threads;
import io.parallite.process.WorkerCommand;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jboss.logging.Logger;

/**
 * A directory of compiled PHP code that the workers share, by the file cache of opcache: a worker
 * then boots in less than half of the time.
 *
 * <p>Processes of command-line PHP share no memory, so only the file cache can be shared. PHP
 * compares the time of each file and compiles changed ones again; a PHP without opcache ignores the
 * options. Each release has a directory of its own, named by its path; that of the previous release
 * is removed when workers run the next. A {@code php_options} entry with an {@code opcache.}
 * setting turns this off. Stateless; any thread may use it.
 *
 * @param directory where the compiled code goes, readable by this user only
 */
record OpcodeCache(Path directory) {

    private static final Logger LOG = Logger.getLogger(OpcodeCache.class);

    private static final String PREFIX = "opcache-";

    /**
     * The cache of the code that {@code command} runs.
     *
     * @param directory the run-time directory
     */
    static OpcodeCache of(WorkerCommand command, Path directory) {
        int place = Objects.hash(command.directory(), command.script(), command.environment());
        return new OpcodeCache(directory.resolve(PREFIX + Integer.toHexString(place)));
    }

    /** Has {@link #removeOthers} done on a thread of its own, where there can be one. */
    void removeOthersElsewhere() {
        try {
            Threads.startDaemon("parallite-opcache", this::removeOthers);
        } catch (OutOfMemoryError e) {
            LOG.debug("no thread removes compiled code of past releases");
        }
    }

    /**
     * Removes the caches beside this one; takes a moment. Workers that still run on one of them go
     * on, and compile what they need.
     */
    void removeOthers() {
        try (DirectoryStream<Path> caches =
                Files.newDirectoryStream(directory.resolveSibling(""), PREFIX + "*")) {
            for (Path cache : caches) {
                if (!cache.equals(directory)) {
                    TreeDeletion.delete(cache);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.debugf("compiled code of a past release stays: %s", e);
        }
    }

    /** {@code command} with the options for PHP before those that were configured. */
    WorkerCommand addTo(WorkerCommand command) {
        if (CompiledCode.isConfigured(command.options()) || Platform.isWindows() || !isThere()) {
            return command;
        }
        return command.withOptions(CompiledCode.in(directory, command.options()));
    }

    /** PHP refuses to start when the directory is missing, and a cleaner may have removed it. */
    private boolean isThere() {
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectory(directory);
            }
            return true;
        } catch (IOException e) {
            LOG.debugf("workers do without compiled code: %s", e);
            return false;
        }
    }
}
