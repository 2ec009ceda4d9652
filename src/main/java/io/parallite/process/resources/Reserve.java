package io.parallite.process.resources;

import io.parallite.config.Platform;
import io.parallite.engine.Engine;
import io.parallite.engine.Threads;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Spare threads and descriptors, for when the system has no more.
 *
 * <p>To stop takes threads here and there, and to remove the run-time directory takes descriptors.
 * (Signals come without: see {@link io.parallite.engine.OsSignal}.) Every {@link #LOOK} it is tried
 * whether there is one more of each; where there is not, the reserve of it is released, and the
 * shortage is logged and shown in {@code stats}, until there is room for the reserve again. Owned
 * by the engine's thread.
 */
public final class Reserve {

    static final Duration LOOK = Duration.ofSeconds(2);

    private static final Logger LOG = Logger.getLogger(Reserve.class);

    private static final int THREADS = 4;

    /** Removing nested directories takes one for each level. */
    private static final int DESCRIPTORS = 20;

    /** While something is short, one look in so many tries to take the reserve again. */
    static final int LOOKS_AT_A_SHORTAGE = 5;

    private static final String NO_THREADS =
            "no process or thread can be started: raise `ulimit -u`, TasksMax of the unit or pids.max of the container";

    private static final String NO_DESCRIPTORS =
            "no file or connection can be opened: raise `ulimit -n` (systemd: LimitNOFILE)";

    private final Engine engine;
    private final Room threads;
    private final Room descriptors;
    private Engine.@Nullable Timer timer;
    private @Nullable CountDownLatch parked;
    private final List<InputStream> open = new ArrayList<>();
    private long looks;
    private boolean lacksThreads;
    private boolean lacksDescriptors;

    /** A resource that may run out. */
    interface Room {
        /**
         * Takes one more.
         *
         * @throws IOException where there is none
         */
        void take() throws IOException;
    }

    /** A reserve that holds nothing yet. */
    public Reserve(Engine engine) {
        this(engine, Reserve::startThread, () -> openNothing().close());
    }

    Reserve(Engine engine, Room threads, Room descriptors) {
        this.engine = engine;
        this.threads = threads;
        this.descriptors = descriptors;
    }

    /** Whether one more thread can be started now. Any thread. */
    public static boolean isThreadLeft() {
        try {
            startThread();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void startThread() throws IOException {
        try {
            Threads.startDaemon("parallite-room", () -> {});
        } catch (OutOfMemoryError e) {
            throw new IOException(e);
        }
    }

    private static InputStream openNothing() throws IOException {
        return new FileInputStream(Platform.nullDevice());
    }

    /** Takes the reserve and looks after it, until {@link #release}. */
    public void hold() {
        looks++;
        if (!lacksThreads || looks % LOOKS_AT_A_SHORTAGE == 0) {
            lacksThreads = look(this::takeThreads, lacksThreads, NO_THREADS);
        }
        if (!lacksDescriptors || looks % LOOKS_AT_A_SHORTAGE == 0) {
            lacksDescriptors = look(this::takeDescriptors, lacksDescriptors, NO_DESCRIPTORS);
        }
        timer = engine.schedule(LOOK, this::hold);
    }

    private static boolean look(Room room, boolean lackedIt, String what) {
        try {
            room.take();
        } catch (IOException e) {
            if (!lackedIt) {
                LOG.warn(what);
            }
            return true;
        }
        if (lackedIt) {
            LOG.infof("there is room again; before, %s", what);
        }
        return false;
    }

    /** The exhausted resources; a sentence each. */
    public List<String> shortages() {
        List<String> shortages = new ArrayList<>();
        if (lacksThreads) {
            shortages.add(NO_THREADS);
        }
        if (lacksDescriptors) {
            shortages.add(NO_DESCRIPTORS);
        }
        return shortages;
    }

    /** Releases the reserve for the stop of the daemon. */
    public void release() {
        if (timer != null) {
            timer.cancel();
        }
        releaseThreads();
        releaseDescriptors();
    }

    /** With one more thread beside the reserve; or without any. */
    private void takeThreads() throws IOException {
        try {
            if (parked == null) {
                CountDownLatch released = new CountDownLatch(1);
                parked = released;
                for (int i = 0; i < THREADS; i++) {
                    Threads.startDaemon("parallite-reserve", () -> park(released));
                }
            }
            threads.take();
        } catch (OutOfMemoryError e) {
            releaseThreads();
            throw new IOException(e);
        } catch (IOException e) {
            releaseThreads();
            throw e;
        }
    }

    private static void park(CountDownLatch released) {
        try {
            released.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void releaseThreads() {
        if (parked != null) {
            parked.countDown();
            parked = null;
        }
    }

    /** With one more descriptor beside the reserve; or without any. */
    private void takeDescriptors() throws IOException {
        try {
            while (open.size() < DESCRIPTORS) {
                open.add(openNothing());
            }
            descriptors.take();
        } catch (IOException e) {
            releaseDescriptors();
            throw e;
        }
    }

    private void releaseDescriptors() {
        for (InputStream each : open) {
            try {
                each.close();
            } catch (IOException e) {
                LOG.debugf("a descriptor of the null device: %s", e.getMessage());
            }
        }
        open.clear();
    }
}
