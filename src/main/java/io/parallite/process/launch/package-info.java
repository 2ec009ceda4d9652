/**
 * How a worker comes about. {@link io.parallite.process.launch.WorkerProcesses} makes a transport
 * for each pool: {@link io.parallite.process.launch.SocketTransport} for our own worker script,
 * {@link io.parallite.process.launch.StdioTransport} for any other. The {@link
 * io.parallite.process.launch.WorkerSite} finds what is to be run; the {@link
 * io.parallite.process.launch.WorkerLauncher} starts it, or a template is forked. Imports all other
 * packages of {@code process} except {@code resources}.
 */
@NullMarked
package io.parallite.process.launch;

import org.jspecify.annotations.NullMarked;
