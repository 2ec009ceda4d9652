/**
 * Parallite: a daemon that runs PHP closures in true parallel.
 *
 * <p>{@link io.parallite.Main} reads the command line, {@link io.parallite.Assembly} puts the parts
 * together, {@link io.parallite.Daemon} starts, drains and stops them. The parts, in the order in
 * which a task meets them: {@code server} reads it from a client, {@code dispatch} runs it once,
 * {@code worker} leases it a PHP process; {@code wire} knows frames, {@code task} what a task is,
 * {@code engine} the event loop that owns them all, {@code config} what was configured. {@code
 * admin} observes it, {@code bench} measures from outside, {@code cli} connects to it from other
 * terminals.
 */
@NullMarked
package io.parallite;

import org.jspecify.annotations.NullMarked;
