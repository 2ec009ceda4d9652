package io.parallite.server;

import io.parallite.dispatch.Dispatcher;

/**
 * What all sessions share.
 *
 * @param budget how many bytes of large requests may be in memory
 * @param stop stops the daemon in good order
 */
record Services(
        Dispatcher dispatcher,
        Figures figures,
        ByteBudget budget,
        Traffic traffic,
        SessionSettings settings,
        Runnable stop) {}
