package io.parallite.server;

import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Engine;
import io.parallite.engine.Offload;

/**
 * The objects that all sessions share.
 *
 * @param offload runs computations that would block the event loop
 * @param quotas what each client may have
 * @param lists answers requests for lists of tasks
 * @param stop stops the daemon in good order
 */
record Services(
        Engine engine,
        Offload offload,
        Dispatcher dispatcher,
        Figures figures,
        TaskLists lists,
        ClientBudget budget,
        Quotas quotas,
        SharedValues shared,
        Traffic traffic,
        SessionSettings settings,
        Runnable stop) {}
