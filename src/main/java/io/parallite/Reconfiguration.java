package io.parallite;

import io.parallite.config.ConfigUpdate;
import io.parallite.config.CurrentConfig;
import io.parallite.config.Setting;
import io.parallite.dispatch.Dispatcher;
import io.parallite.pool.WorkerPool;
import io.parallite.server.ClientServer;
import io.parallite.server.Figures;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Makes the settings count that a reload has read, in every part of the daemon at once. Owned by
 * the engine's thread.
 */
final class Reconfiguration {

    private static final Logger LOG = Logger.getLogger(Reconfiguration.class);

    private final CurrentConfig current;
    private final WorkerPool pool;
    private final Dispatcher dispatcher;
    private final Figures figures;
    private final ClientServer server;

    Reconfiguration(
            CurrentConfig current,
            WorkerPool pool,
            Dispatcher dispatcher,
            Figures figures,
            ClientServer server) {
        this.current = current;
        this.pool = pool;
        this.dispatcher = dispatcher;
        this.figures = figures;
        this.server = server;
    }

    /** Applies what reloads read from now on. */
    void follow() {
        pool.onReconfigured(this::apply);
    }

    private void apply(ConfigUpdate update) {
        if (!update.pending().isEmpty()) {
            LOG.warnf("settings need a restart to count: %s", keys(update.pendingKeys()));
        }
        if (update.changed().isEmpty()) {
            current.adopt(update);
            return;
        }
        LOG.infof("settings have changed: %s", keys(update.changedKeys()));
        current.adopt(update);
        dispatcher.configure(PartSettings.dispatcher(update.config()));
        figures.configure(PartSettings.limits(current), PartSettings.readiness(update.config()));
        server.configure(PartSettings.quotas(update.config()));
        pool.configure(PartSettings.pool(update.config()));
        if (update.changed().contains(Setting.DEBUG_LOGS)) {
            LogLines.debug(update.config().debugLogs());
        }
    }

    private static String keys(List<String> keys) {
        return String.join(", ", keys);
    }
}
