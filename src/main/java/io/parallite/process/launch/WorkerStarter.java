package io.parallite.process.launch;

import io.parallite.process.WorkerStartException;
import io.parallite.process.tree.WorkerLaunch;
import io.parallite.process.tree.WorkerProcess;
import java.util.function.Consumer;

/**
 * How the process of a worker comes about: started by the {@link WorkerLauncher}, or forked from a
 * {@link Template}. Engine thread.
 */
interface WorkerStarter {

    /**
     * Has there be a process.
     *
     * @param onStarted called on the engine's thread
     * @param onFailed called on the engine's thread, in place of the former
     */
    void launch(
            WorkerLaunch launch,
            Consumer<WorkerProcess> onStarted,
            Consumer<WorkerStartException> onFailed);
}
