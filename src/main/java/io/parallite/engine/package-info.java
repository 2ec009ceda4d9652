/**
 * The event loop that owns everything ({@link io.parallite.engine.Engine}), the deadlines that run
 * on it, threads for what blocks, and what the JDK lacks: domain sockets for Vert.x without native
 * code, named pipes. Imports nothing else of Parallite.
 */
@NullMarked
package io.parallite.engine;

import org.jspecify.annotations.NullMarked;
