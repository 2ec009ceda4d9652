package io.parallite.admin;

import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Engine;
import io.parallite.process.resources.ProcessSampler;
import io.parallite.server.ClientServer;
import io.parallite.server.Figures;

/** The parts of the daemon that {@link Admin} shows and acts on; owned by the engine's thread. */
public record Observed(
        Engine engine,
        Dispatcher dispatcher,
        ClientServer server,
        Figures figures,
        ProcessSampler sampler) {}
