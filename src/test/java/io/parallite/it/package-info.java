/**
 * The distribution as its users meet it: {@code bin/parallite} as a process of its own, real PHP
 * workers, real sockets.
 *
 * <p>{@link io.parallite.it.DaemonProcess} starts a daemon in a directory of its own and, when it
 * is closed, looks that nothing of it is left behind. {@link io.parallite.it.TestClient} speaks
 * frames to it, {@link io.parallite.it.Stats} reads what the daemon says of itself, {@link
 * io.parallite.it.Closures} makes payloads out of PHP code. {@code -Dit.keep=true} keeps the
 * directories with their logs; {@code -Dit.seed=…} repeats a random test.
 *
 * <p>"Line 4" in a test's name is the fourth of these, which must never happen:
 *
 * <ol>
 *   <li>A dead worker is leased, or enters the pool twice; after a timeout, an {@code exit()} or a
 *       kill the next tasks fail.
 *   <li>Awaiting what another connection submits, or what nobody has, breaks anything.
 *   <li>A script that dies at its start is restarted hotly, or keeps the listener from answering.
 *   <li>An extra frame of a worker becomes another task's result.
 *   <li>What a task prints breaks the protocol.
 *   <li>A result or payload that cannot be told leaves its client waiting.
 *   <li>Concurrency is limited to the cores, or processes are not limited.
 *   <li>Stopping drops running tasks, leaves PHP processes or the socket file.
 *   <li>{@code stop_all} misses a failure, exits 0, or breaks on two at once.
 *   <li>A live socket is stolen, or a file in its place deleted.
 *   <li>A connection dies of its age.
 *   <li>A task that is submitted twice runs twice or is not answered; an empty id is taken.
 *   <li>A malformed or oversize frame is not answered.
 *   <li>Pipelined tasks run one after the other.
 *   <li>A worker that answers and exits loses the next task.
 *   <li>Kept results grow without a bound.
 *   <li>Descendants of a killed worker survive.
 *   <li>Without descriptors the daemon spins or floods its log.
 *   <li>Bad configuration passes in silence.
 *   <li>Other users can connect.
 *   <li>A worker spins when its input ends in the middle of a frame.
 * </ol>
 */
package io.parallite.it;
