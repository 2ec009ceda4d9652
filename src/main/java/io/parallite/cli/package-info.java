/**
 * The commands that connect to a running daemon, and those that check what it would run with.
 *
 * <p>A command finds the daemon's socket with {@code DaemonAddress}, asks over a {@code
 * DaemonConnection}, reads the answer as a {@code Json} tree and prints it, for people or, with
 * {@code --json}, for programs. Nothing here boots Quarkus or loads the network library: each
 * command answers in well under a second. May import {@code config}, {@code units} and {@code
 * wire}.
 */
@NullMarked
package io.parallite.cli;

import org.jspecify.annotations.NullMarked;
