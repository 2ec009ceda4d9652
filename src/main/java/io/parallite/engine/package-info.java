/**
 * The event loop that owns everything ({@link io.parallite.engine.Engine}) and the deadlines that
 * run on it. Imports nothing else of Parallite.
 */
@NullMarked
package io.parallite.engine;

import org.jspecify.annotations.NullMarked;
