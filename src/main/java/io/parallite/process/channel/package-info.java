/**
 * Frames to and from a worker that has been started: over the socket that it has connected back
 * with, after a handshake ({@link io.parallite.process.channel.SocketChannel}), or over the pipes
 * of its stdin and stdout ({@link io.parallite.process.channel.StdioChannel}). Imports {@code
 * tree}.
 */
@NullMarked
package io.parallite.process.channel;

import org.jspecify.annotations.NullMarked;
