package io.parallite;

import io.parallite.admin.Admin;
import io.parallite.admin.Observed;
import io.parallite.config.CurrentConfig;
import io.parallite.config.NamedPools;
import io.parallite.config.ParalliteConfig;
import io.parallite.dispatch.Dispatcher;
import io.parallite.dispatch.TaskCache;
import io.parallite.engine.VertxEngine;
import io.parallite.pool.Pools;
import io.parallite.pool.WorkerPool;
import io.parallite.process.launch.WorkerProcesses;
import io.parallite.process.launch.WorkerSite;
import io.parallite.process.resources.ProcessSampler;
import io.parallite.process.resources.Reserve;
import io.parallite.server.ClientBudget;
import io.parallite.server.ClientServer;
import io.parallite.server.Figures;
import io.parallite.server.SessionSettings;
import io.parallite.server.SettingsInForce;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;

/** Builds the parts of the daemon out of the configuration, each from those below it. */
@Singleton
final class Assembly {

    /** How much longer than a task may run its result is kept. */
    private static final Duration RETENTION = Duration.ofMinutes(5);

    @Produces
    @Singleton
    VertxEngine engine(Vertx vertx) {
        return new VertxEngine(vertx);
    }

    @Produces
    @Singleton
    CurrentConfig currentConfig(ParalliteConfig config) {
        return new CurrentConfig(config, ConfigProvider.getConfig().unwrap(SmallRyeConfig.class));
    }

    @Produces
    @Singleton
    WorkerSite workerSite(CurrentConfig current) {
        return new WorkerSite(
                current, Optional.ofNullable(System.getProperty("parallite.home")).map(Path::of));
    }

    @Produces
    @Singleton
    ClientBudget clientBudget(ParalliteConfig config) {
        return new ClientBudget(
                ClientBudget.share(config.maxInflightBytes(), Runtime.getRuntime().maxMemory()));
    }

    @Produces
    @Singleton
    WorkerProcesses workerProcesses(
            VertxEngine engine, CurrentConfig current, WorkerSite site, ClientBudget budget) {
        return WorkerProcesses.create(engine, current, site, budget);
    }

    /** Also when a part that is built later refuses the start. */
    void close(@Disposes WorkerProcesses processes) {
        processes.close();
    }

    @Produces
    @Singleton
    Pools pools(VertxEngine engine, CurrentConfig current, WorkerProcesses processes) {
        Map<String, WorkerPool> pools = new LinkedHashMap<>();
        for (String name : namesOfPools(current)) {
            pools.put(
                    name,
                    new WorkerPool(
                            engine,
                            processes.transport(name),
                            PartSettings.pool(current.now(name)),
                            RandomGenerator.getDefault()));
        }
        return new Pools(pools);
    }

    private static List<String> namesOfPools(CurrentConfig current) {
        return Stream.concat(Stream.of(NamedPools.DEFAULT), current.pools().stream()).toList();
    }

    @Produces
    @Singleton
    Dispatcher dispatcher(VertxEngine engine, CurrentConfig current, Pools pools) {
        ParalliteConfig config = current.now();
        Duration longest =
                namesOfPools(current).stream()
                        .map(name -> current.now(name).timeout())
                        .max(Comparator.naturalOrder())
                        .orElseThrow();
        TaskCache cache = new TaskCache(engine, longest.plus(RETENTION), config.resultCacheBytes());
        Dispatcher dispatcher = new Dispatcher(engine, pools, cache);
        if (config.clusterUrl().isPresent()) {
            ClusterAssembly.join(engine, config, dispatcher, pools.main());
        }
        if (config.otelEndpoint().isPresent()) {
            TracingAssembly.join(engine, config, dispatcher);
        }
        return dispatcher;
    }

    @Produces
    @Singleton
    ProcessSampler processSampler(VertxEngine engine) {
        return new ProcessSampler(engine);
    }

    @Produces
    @Singleton
    Reserve reserve(VertxEngine engine) {
        return new Reserve(engine);
    }

    @Produces
    @Singleton
    Figures figures(
            VertxEngine engine,
            CurrentConfig current,
            Dispatcher dispatcher,
            ProcessSampler sampler,
            Reserve reserve) {
        Figures figures =
                new Figures(
                        engine,
                        dispatcher,
                        sampler,
                        Version.current(),
                        PartSettings.limits(current),
                        PartSettings.readiness(current.now()));
        figures.tellShortages(reserve::shortages);
        figures.tellSettings(new SettingsInForce(current, dispatcher)::fields);
        return figures;
    }

    @Produces
    @Singleton
    ClientServer clientServer(
            VertxEngine engine,
            CurrentConfig current,
            Dispatcher dispatcher,
            Figures figures,
            WorkerProcesses processes,
            ClientBudget budget) {
        ParalliteConfig config = current.now();
        boolean addBenchmark = config.enableBenchmark() && !processes.connectBack();
        SessionSettings settings =
                new SessionSettings(
                        config.maxPayloadBytes(),
                        addBenchmark,
                        config.frameTimeout(),
                        MostConnections.of(current.maxWorkers(), config.httpPort() > 0),
                        PartSettings.quotas(config),
                        config.sharedBytes(),
                        processes.sharedValues());
        return new ClientServer(
                engine, config.listenSettings(), dispatcher, figures, settings, budget);
    }

    @Produces
    @Singleton
    Observed observed(
            VertxEngine engine,
            Dispatcher dispatcher,
            ClientServer server,
            Figures figures,
            ProcessSampler sampler) {
        return new Observed(engine, dispatcher, server, figures, sampler);
    }

    @Produces
    @Singleton
    Reconfiguration reconfiguration(
            CurrentConfig current, Pools pools, Figures figures, ClientServer server) {
        return new Reconfiguration(current, pools, figures, server);
    }

    @Produces
    @Singleton
    DaemonParts daemonParts(
            WorkerSite site,
            WorkerProcesses processes,
            Dispatcher dispatcher,
            ClientServer server,
            Admin admin,
            Reserve reserve,
            Reconfiguration reconfiguration) {
        return new DaemonParts(
                site, processes, dispatcher, server, admin, reserve, reconfiguration);
    }
}
