package io.parallite.server;

import io.parallite.config.Setting;
import io.parallite.engine.Engine;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what each client has in flight, and how fast it submits: no client can take the whole
 * daemon for itself.
 *
 * <p>A client is a {@link ClientIdentity}; all its connections share one quota. A task is charged
 * when its submit is admitted, and no longer when nothing here refers to its frame: after its end,
 * when it has left its worker. A submit of an id that is known already runs nothing and is not
 * charged. A task of a task is charged to the client of that one, also when it is detached; only
 * workers, which run as the daemon's own user, can submit in the name of another client so.
 *
 * <p>The rate is that of a token bucket that holds one second's worth, kept as the time at which
 * the bucket is full again (GCRA), so that a new rate counts at once.
 *
 * <p>Without quotas, tasks are not counted. Owned by the engine's thread.
 */
final class Quotas {

    private static final Logger LOG = Logger.getLogger(Quotas.class);

    /** How many clients are shown one by one. */
    static final int MOST_SHOWN = 64;

    /** How many clients are remembered that have neither connections nor tasks. */
    static final int MOST_IDLE = 256;

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private static final long MILLI = Duration.ofMillis(1).toNanos();

    /** How long a client that goes on exceeding its quota is not logged again. */
    private static final Duration SILENCE = Duration.ofMinutes(1);

    /** What is bounded. */
    enum Bound {
        TASKS(Setting.QUOTA_TASKS),
        RATE(Setting.QUOTA_TASKS_PER_SECOND),
        BYTES(Setting.QUOTA_BYTES);

        private final Setting setting;

        Bound(Setting setting) {
            this.setting = setting;
        }

        /** The key of the setting. */
        String setting() {
            return setting.key();
        }
    }

    private final Engine engine;
    private final Map<String, Client> clients = new HashMap<>();
    private final LinkedHashSet<Client> idle = new LinkedHashSet<>();
    private final Map<TaskId, Charge> charges = new HashMap<>();
    private final Map<Bound, Long> refused = new EnumMap<>(Bound.class);

    /** {@code null} when there are no quotas. */
    private @Nullable QuotaSettings limits;

    Quotas(Engine engine, QuotaSettings settings) {
        this.engine = engine;
        configure(settings);
    }

    /** Goes by {@code settings} from now on; what was admitted stays so. */
    void configure(QuotaSettings settings) {
        limits = settings.isOff() ? null : settings;
    }

    /** The client of a new connection. */
    Client connect(ClientIdentity identity) {
        Client client = clients.computeIfAbsent(identity.text(), any -> new Client(identity));
        client.connections++;
        idle.remove(client);
        return client;
    }

    /** How many clients are remembered. */
    int known() {
        return clients.size();
    }

    QuotaSnapshot snapshot() {
        List<QuotaSnapshot.Client> all =
                clients.values().stream()
                        .map(Client::snapshot)
                        .sorted(
                                Comparator.comparingInt(QuotaSnapshot.Client::tasks)
                                        .thenComparingLong(QuotaSnapshot.Client::refused)
                                        .thenComparingInt(QuotaSnapshot.Client::connections)
                                        .reversed()
                                        .thenComparing(QuotaSnapshot.Client::identity))
                        .toList();
        Map<String, Long> counts = new LinkedHashMap<>();
        refused.forEach((bound, count) -> counts.put(bound.setting(), count));
        return new QuotaSnapshot(limits != null, QuotaSnapshot.first(MOST_SHOWN, all), counts);
    }

    /** One client, with all its connections. */
    final class Client {

        private final ClientIdentity identity;
        private int connections;
        private int tasks;
        private long bytes;
        private long refusals;

        /** When all submits of a second are admitted at once again. */
        private long fullAt = engine.nanoTime();

        private long silentUntil = fullAt;

        private Client(ClientIdentity identity) {
            this.identity = identity;
        }

        /**
         * Charges a task that is about to be run; {@code null} when there are no quotas.
         *
         * @throws QuotaExceededException when its client has all that one may have
         */
        @Nullable Charge charge(Task task) {
            QuotaSettings most = limits;
            return most == null ? null : payer(task).charge(task, most);
        }

        /** Who pays for a task that this client submits. */
        private Client payer(Task task) {
            TaskId parent = task.terms().parent();
            Charge above = parent == null ? null : charges.get(parent);
            return above != null && identity.isOwn() ? above.client : this;
        }

        private Charge charge(Task task, QuotaSettings most) {
            int size = task.frame().length;
            if (most.tasks() > 0 && tasks >= most.tasks()) {
                throw refuse(
                        task,
                        Bound.TASKS,
                        "client %s has %d tasks in flight and quota_tasks=%d; submit again when some have ended, or raise quota_tasks"
                                .formatted(identity.text(), tasks, most.tasks()),
                        null);
            }
            if (most.bytes() > 0 && bytes + size > most.bytes()) {
                throw refuse(
                        task,
                        Bound.BYTES,
                        "client %s has %d bytes of tasks in flight, and the %d of this one exceed quota_bytes=%d; submit again when some have ended, send less, or raise quota_bytes"
                                .formatted(identity.text(), bytes, size, most.bytes()),
                        null);
            }
            if (most.perSecond() > 0) {
                takeToken(task, most.perSecond());
            }
            tasks++;
            bytes += size;
            Charge charge = new Charge(this, task.id(), size);
            charges.put(task.id(), charge);
            return charge;
        }

        private void takeToken(Task task, int perSecond) {
            long now = engine.nanoTime();
            long interval = SECOND / perSecond;
            long missing = Math.max(0, fullAt - now) + interval;
            if (missing > SECOND) {
                Duration wait = Duration.ofMillis(Math.ceilDiv(missing - SECOND, MILLI));
                throw refuse(
                        task,
                        Bound.RATE,
                        "client %s submits more than quota_tasks_per_second=%d; submit again in %d ms, or raise quota_tasks_per_second"
                                .formatted(identity.text(), perSecond, wait.toMillis()),
                        wait);
            }
            fullAt = now + missing;
        }

        private QuotaExceededException refuse(
                Task task, Bound bound, String message, @Nullable Duration retryAfter) {
            refusals++;
            refused.merge(bound, 1L, Long::sum);
            long now = engine.nanoTime();
            if (now - silentUntil >= 0) {
                silentUntil = now + SILENCE.toNanos();
                LOG.warnf("submits are refused: %s", message);
            }
            return new QuotaExceededException(task.id(), bound, message, retryAfter);
        }

        /** A connection of this client is closed. */
        void disconnect() {
            connections--;
            forgetIfIdle();
        }

        private void forgetIfIdle() {
            if (connections > 0 || tasks > 0) {
                return;
            }
            idle.add(this);
            if (idle.size() > MOST_IDLE) {
                clients.remove(idle.removeFirst().identity.text());
            }
        }

        private QuotaSnapshot.Client snapshot() {
            return new QuotaSnapshot.Client(identity.text(), connections, tasks, bytes, refusals);
        }
    }

    /** What one task takes of its client's quotas; released once, whatever happens between. */
    final class Charge {

        private final Client client;
        private final TaskId task;
        private final int bytes;
        private boolean released;

        private Charge(Client client, TaskId task, int bytes) {
            this.client = client;
            this.task = task;
            this.bytes = bytes;
        }

        void release() {
            if (released) {
                return;
            }
            released = true;
            charges.remove(task, this);
            client.tasks--;
            client.bytes -= bytes;
            client.forgetIfIdle();
        }
    }
}
