package io.parallite.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.cluster.store.RedisServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Three nodes, and who kills them, their workers and their connections to Redis at random moments.
 * A node that was killed is started again under another name. Any thread.
 */
final class ChaosFaults implements AutoCloseable {

    private static final int NODES = 3;
    private static final int WORKERS = 2;
    private static final String OF_WORKER = "workers killed";
    private static final String OF_NODE = "daemons killed";
    private static final String OF_CONNECTION = "connections to Redis killed";

    private final RedisServer redis;
    private final ClusterNodes nodes;
    private final Random random;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<DaemonProcess> living = new CopyOnWriteArrayList<>();
    private final List<DaemonProcess> all = new CopyOnWriteArrayList<>();
    private final Map<String, DaemonProcess> named = new ConcurrentHashMap<>();
    private final Set<String> killed = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> counts = new LinkedHashMap<>();
    private final List<Future<?>> starts = new ArrayList<>();
    private volatile boolean over;
    private Future<?> killing;

    ChaosFaults(RedisServer redis, Path directory, Random random) {
        this.redis = redis;
        this.nodes = new ClusterNodes(redis, directory);
        this.random = random;
        List.of(OF_WORKER, OF_NODE, OF_CONNECTION).forEach(fault -> counts.put(fault, 0));
        for (int i = 0; i < NODES; i++) {
            start(i, 0);
        }
    }

    private void start(int number, int generation) {
        String name = (char) ('a' + number) + "" + generation;
        DaemonProcess node = nodes.builder(name, WORKERS).startAtRest();
        all.add(node);
        named.put(name, node);
        ClusterNodes.awaitRest(node);
        if (generation > 0) {
            node.restAs(all.getFirst()); // a connection to Redis may just have been killed
        }
        living.add(node);
    }

    /** The node of a worker that is called {@code worker}. */
    static String nodeOf(String worker) {
        return worker.substring(0, worker.indexOf('-'));
    }

    /** Starts to kill. */
    void begin() {
        killing = threads.submit(this::killAll);
    }

    /** Each kind once, so that no run is without one; then at random. */
    private void killAll() {
        List<Runnable> faults = List.of(this::killNode, this::killConnection, this::killWorker);
        faults.forEach(
                fault -> {
                    sleep(random.nextInt(500));
                    fault.run();
                });
        while (!over) {
            sleep(100 + random.nextInt(500));
            int dice = random.nextInt(10);
            faults.get(dice < 1 ? 0 : dice < 5 ? 1 : 2).run();
        }
    }

    private void killWorker() {
        List<Long> workers = living.get(random.nextInt(living.size())).descendants();
        if (!workers.isEmpty()) {
            Processes.signal(workers.get(random.nextInt(workers.size())), "KILL");
            counts.merge(OF_WORKER, 1, Integer::sum);
        }
    }

    /** One lives always, else nobody could ask for what becomes of tasks. */
    private void killNode() {
        int at = random.nextInt(living.size());
        if (living.size() < 2) {
            return;
        }
        DaemonProcess victim = living.remove(at);
        String name = nameOf(victim);
        killed.add(name);
        victim.killHard();
        counts.merge(OF_NODE, 1, Integer::sum);
        int number = name.charAt(0) - 'a';
        int generation = Integer.parseInt(name.substring(1)) + 1;
        starts.add(threads.submit(() -> start(number, generation)));
    }

    private String nameOf(DaemonProcess node) {
        return named.entrySet().stream()
                .filter(each -> each.getValue() == node)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    private void killConnection() {
        List<String> clients =
                redis.run("client", "list")
                        .lines()
                        .filter(line -> !line.contains("cmd=client|list"))
                        .map(line -> line.replaceFirst("^id=(\\d+) .*", "$1"))
                        .toList();
        if (!clients.isEmpty()) {
            redis.run("client", "kill", "id", clients.get(random.nextInt(clients.size())));
            counts.merge(OF_CONNECTION, 1, Integer::sum);
        }
    }

    /** Stops to kill, and waits until all nodes are there again. */
    void end() throws Exception {
        over = true;
        killing.get();
        for (Future<?> start : starts) {
            start.get();
        }
        assertThat(living).hasSize(NODES);
    }

    List<DaemonProcess> living() {
        return living;
    }

    /** How often each fault was made. */
    Map<String, Integer> counts() {
        return counts;
    }

    boolean wasKilled(String node) {
        return killed.contains(node);
    }

    /** Whether {@code node} has found that its lease of a task was lost, though it lives. */
    boolean hasLost(String node, String id) {
        return named.get(node)
                .log()
                .lines()
                .anyMatch(
                        line ->
                                line.endsWith("task=" + id)
                                        && (line.contains("lease is lost")
                                                || line.contains("late result was refused")));
    }

    static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        over = true;
        threads.shutdownNow();
        all.forEach(DaemonProcess::close);
    }
}
