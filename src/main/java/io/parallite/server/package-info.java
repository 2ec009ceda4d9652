/**
 * The daemon's door: {@link io.parallite.server.ClientServer} listens at each address by a {@link
 * io.parallite.server.Listener}, where need be a {@link io.parallite.server.Gate} asks for a token,
 * a {@link io.parallite.server.ClientSession} reads one client's frames, hands them to the
 * dispatcher and writes the replies, and applies back-pressure to clients that do not read. Imports
 * {@code dispatch}, {@code worker}, {@code wire}, {@code task}, {@code engine} and {@code config}.
 */
@NullMarked
package io.parallite.server;

import org.jspecify.annotations.NullMarked;
