/**
 * What processes and the daemon take of the machine: memory and processor time ({@link
 * io.parallite.process.resources.ProcessSampler}), and the threads and descriptors that a stop
 * needs ({@link io.parallite.process.resources.Reserve}). Imports {@code engine} and {@code config}
 * only.
 */
@NullMarked
package io.parallite.process.resources;

import org.jspecify.annotations.NullMarked;
