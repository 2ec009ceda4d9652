/**
 * The distribution as its users meet it: {@code bin/parallite} as a process of its own, real PHP
 * workers, real sockets.
 *
 * <p>{@link io.parallite.it.DaemonProcess} starts a daemon in a directory of its own and, when it
 * is closed, looks that nothing of it is left behind. {@link io.parallite.it.TestClient} speaks
 * frames to it, {@link io.parallite.it.Stats} reads what the daemon says of itself, {@link
 * io.parallite.it.Closures} makes payloads out of PHP code. "Line 4" in a test's name is the fourth
 * of the things that must never happen; {@code src/docs} lists them.
 */
package io.parallite.it;
