package io.parallite;

import io.parallite.config.ConfigUpdate;
import io.parallite.config.CurrentConfig;
import io.parallite.config.Setting;
import io.parallite.pool.Pools;
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
    private final Pools pools;
    private final Figures figures;
    private final ClientServer server;

    Reconfiguration(CurrentConfig current, Pools pools, Figures figures, ClientServer server) {
        this.current = current;
        this.pools = pools;
        this.figures = figures;
        this.server = server;
    }

    /** Applies what reloads read from now on. */
    void follow() {
        pools.main().onReconfigured(this::apply);
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
        figures.configure(PartSettings.limits(current), PartSettings.readiness(update.config()));
        server.configure(PartSettings.quotas(update.config()));
        pools.all().forEach((name, pool) -> pool.configure(PartSettings.pool(update.of(name))));
        if (update.changed().contains(Setting.DEBUG_LOGS)) {
            LogLines.debug(update.config().debugLogs());
        }
    }

    private static String keys(List<String> keys) {
        return String.join(", ", keys);
    }
}
