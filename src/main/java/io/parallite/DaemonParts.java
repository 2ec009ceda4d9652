package io.parallite;

import io.parallite.admin.Admin;
import io.parallite.dispatch.Dispatcher;
import io.parallite.process.launch.WorkerProcesses;
import io.parallite.process.launch.WorkerSite;
import io.parallite.process.resources.Reserve;
import io.parallite.server.ClientServer;

/**
 * What a {@link Daemon} starts and stops, as {@link Assembly} has built it out of the
 * configuration.
 */
record DaemonParts(
        WorkerSite site,
        WorkerProcesses processes,
        Dispatcher dispatcher,
        ClientServer server,
        Admin admin,
        Reserve reserve,
        Reconfiguration reconfiguration) {}
