package io.parallite.process.tree;

import io.parallite.engine.Threads;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import org.jboss.logging.Logger;

/**
 * The one thread that starts processes, in the order in which they are asked for.
 *
 * <p>It lives as long as the daemon, whatever is thrown on it: Linux sends the parent-death signal
 * when the <em>thread</em> that forked ends, so its end would be that of all workers. Any thread
 * may hand it work.
 */
public final class LauncherThread implements Executor {

    private static final Logger LOG = Logger.getLogger(LauncherThread.class);

    private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();

    /** Starts the thread. */
    public LauncherThread() {
        Threads.startDaemon("parallite-launcher", this::run);
    }

    @Override
    public void execute(Runnable action) {
        work.add(action);
    }

    private void run() {
        while (true) {
            try {
                work.take().run();
            } catch (Throwable e) { // the workers depend on this thread
                Threads.survive(LOG, "workers are started", e);
            }
        }
    }
}
