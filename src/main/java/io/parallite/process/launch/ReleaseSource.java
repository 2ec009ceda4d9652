package io.parallite.process.launch;

import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerTransport;

/** Finds the command that workers are started from. Any thread. */
interface ReleaseSource {

    /**
     * What was there when the daemon started.
     *
     * @throws io.parallite.config.ConfigException when there is nothing
     */
    WorkerCommand command();

    /**
     * The command as of now; may block while files are read.
     *
     * @throws io.parallite.config.ConfigException when something is missing or wrong
     */
    WorkerTransport.Release find();
}
