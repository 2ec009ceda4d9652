package io.parallite.process;

import io.parallite.config.CompiledCode;
import io.parallite.config.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.logging.Logger;

/**
 * A directory of compiled PHP code that the workers share, by the file cache of opcache: a worker
 * then boots in less than half of the time.
 *
 * <p>Command-line PHP shares no memory with its like, so the file cache is what is left. PHP
 * compares the time of each file, so that changed code is compiled anew; a PHP without opcache
 * ignores the options. One {@code php_options} that names an {@code opcache.} setting turns all of
 * this off. Stateless; any thread may use it.
 *
 * @param directory where the compiled code goes, readable by this user only
 */
record OpcodeCache(Path directory) {

    private static final Logger LOG = Logger.getLogger(OpcodeCache.class);

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
