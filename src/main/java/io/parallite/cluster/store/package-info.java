/**
 * What a cluster keeps in Redis: a {@link io.parallite.cluster.store.TaskStore} for the tasks, an
 * {@link io.parallite.cluster.store.EventStore} and a {@link
 * io.parallite.cluster.store.MessageStore} for what they send and are sent, over the connections of
 * {@link io.parallite.cluster.store.RedisLink}.
 *
 * <h2>States of a clustered task</h2>
 *
 * <pre>
 *            enqueue             claim                  complete
 *  (client) ---------> queued ---------> running ----------------------> completed, failed
 *                        ^  |              | | |                            ^   (24 h, awaited 10 min)
 *                        |  | cancel       | | | cancel, lease ran out of   |
 *                        |  +--------------|-|-|-- one that must run once --+
 *        return, lease   |                 | |
 *        ran out         +-----------------+ | third lease ran out, signature is wrong
 *                        ^                   v
 *                        +----- retry ----- dead ---- drop ----> (gone)
 * </pre>
 *
 * Each arrow is one Lua script ({@link io.parallite.cluster.store.Script}), so a task is never
 * between two states. {@code running} belongs to an attempt, identified by a token. A change under
 * another token is refused, so a node that was presumed dead cannot overwrite the result of its
 * successor.
 *
 * <h2>Keys</h2>
 *
 * All begin with <code>{parallite:NAME}:</code> and so are in one slot.
 *
 * <pre>
 *  q:RELEASE:PRIORITY  stream; an entry {id} for each task that waits or runs. Group "nodes", a
 *                      consumer per node; what runs is pending, and its idle time is the lease's age
 *  t:ID                hash; state, release, priority, mode (detached, awaited), once, origin,
 *                      fingerprint, entry, token, node, deaths, submitted, started, finished;
 *                      frame and mac until it has ended; then ok and result and rmac, or kind and error; links,
 *                      progress and pmac where somebody follows or sends messages
 *  w:ID                set; the nodes on which somebody awaits the task
 *  bell:RELEASE        list of at most one element; wakes one of the nodes that block on it
 *  in:NODE             channel; "ended ID OUTCOME", "done ID" (the outcome is too long), "claimed ID",
 *                      "cancel GRACE ID", and of what is followed or sent "follow e|o ID",
 *                      "events ID", "heard ID", "mail ID", "sent ID"
 *  f:ID                hash; the nodes that follow the task, what of it, and how far they have read
 *  e:ID:NODE           list; the signed events that a node which follows has not read
 *  m:ID, i:ID          list of the signed messages that the task's worker has not got, and a hash of
 *                      how many each node has sent and how many were taken
 *  n:NODE              hash that lives as long as heartbeats come; host, pid, version, figures
 *  nodes, releases     sets; what n:NODE and q:RELEASE:* there are
 *  dead                sorted set of ids, by when they died
 * </pre>
 *
 * <p>Imports {@code wire}, {@code task}, {@code engine} and {@code config}. All of it is owned by
 * the engine's thread.
 */
@NullMarked
package io.parallite.cluster.store;

import org.jspecify.annotations.NullMarked;
