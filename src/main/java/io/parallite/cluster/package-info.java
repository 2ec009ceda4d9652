/**
 * More than one machine: {@link io.parallite.cluster.Cluster} shares tasks with other daemons
 * through Redis. What lies there, and how it is changed, is in {@code cluster.store}; here is what
 * a node does with it, in the order in which a task passes: {@link io.parallite.cluster.Placement}
 * and {@link io.parallite.cluster.Submissions} store it, {@link io.parallite.cluster.Claimer}
 * leases it to a node, {@link io.parallite.cluster.LeasedTasks} has it run there, {@link
 * io.parallite.cluster.Outbox} stores its result, and {@link io.parallite.cluster.Waiters} give it
 * to those who wait.
 *
 * <h2>Losing things</h2>
 *
 * A node: its leases run out after 15 s, any other node finds them ({@link
 * io.parallite.cluster.Sweeper}). Its view of Redis: it fences itself after 10 s ({@link
 * io.parallite.cluster.Heartbeat}). Redis: nothing is claimed, results wait in the {@link
 * io.parallite.cluster.Outbox}. A notice on a channel: nothing rests on one; states, events and
 * messages are read after each reconnect and every 5 s.
 *
 * <h2>Events and messages of tasks</h2>
 *
 * A {@link io.parallite.cluster.Feed} at the node that runs a task puts its events into the list of
 * each node that follows, where a {@link io.parallite.cluster.Following} takes them. A {@link
 * io.parallite.cluster.Sender} puts messages into the task's list, a {@link
 * io.parallite.cluster.Delivery} takes them to the worker. Both lists are read by position, and a
 * read removes only entries that were read before, so a lost reply can be requested again. Entries
 * are numbered, so each is stored once.
 *
 * <p>Imports {@code cluster.store}, {@code wire}, {@code task}, {@code engine} and {@code config}.
 * All of it is owned by the engine's thread.
 */
@NullMarked
package io.parallite.cluster;

import org.jspecify.annotations.NullMarked;
