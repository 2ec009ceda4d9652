package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;

import io.parallite.wire.Encoding;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Submits detached tasks to whatever node is there and asks another one what has become of them. A
 * request that has no answer is made again, as a careful program would.
 */
final class ChaosClients {

    private static final int SUBMITTERS = 2;
    private static final int AWAITERS = 3;
    private static final int MOST_IN_FLIGHT = 400;
    private static final int WINDOW = 50;
    private static final int ONCE_EVERY = 4;
    private static final List<String> PRIORITIES = List.of("high", "normal", "low");

    /** Writes {@code id attempt node}, works for a while and returns which attempt it was. */
    private static final String CODE =
            """
            function (int $micros) {
                $attempt = getmypid() . '.' . hrtime(true);
                $line = \\B7s\\Parallite\\Task::id() . " $attempt " . getenv('WORKER_NAME') . "\\n";
                file_put_contents('%s', $line, FILE_APPEND);
                usleep($micros);
                return $attempt;
            }""";

    private final ChaosFaults nodes;
    private final String payload;
    private final int[] micros;
    private final BlockingQueue<String> unsubmitted = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> unawaited = new LinkedBlockingQueue<>();
    private final Map<String, Reply> outcomes = new ConcurrentHashMap<>();
    private final Semaphore inFlight = new Semaphore(MOST_IN_FLIGHT);

    ChaosClients(ChaosFaults nodes, Path trace, Random random, int tasks) {
        this.nodes = nodes;
        this.payload = closure(CODE.formatted(trace));
        // most are short; some last for longer than a few faults are apart
        this.micros =
                IntStream.range(0, tasks)
                        .map(i -> random.nextInt(random.nextInt(100) == 0 ? 2_000_000 : 30_000))
                        .toArray();
        ids(tasks).forEach(unsubmitted::add);
    }

    static Stream<String> ids(int tasks) {
        return IntStream.range(0, tasks).mapToObj(i -> "t" + i);
    }

    private static int numberOf(String id) {
        return Integer.parseInt(id.substring(1));
    }

    /** Whether the task of this id must not run twice. */
    static boolean isOnce(String id) {
        return numberOf(id) % ONCE_EVERY == 0;
    }

    /** Runs all of them; what has become of each. */
    Map<String, Reply> run() throws Exception {
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Callable<Void>> clients = new ArrayList<>();
            for (int i = 0; i < SUBMITTERS; i++) {
                Random random = new Random(i);
                clients.add(
                        () -> whileThereAre(() -> !unsubmitted.isEmpty(), random, this::submit));
            }
            for (int i = 0; i < AWAITERS; i++) {
                Random random = new Random(-1 - i);
                clients.add(
                        () ->
                                whileThereAre(
                                        () -> outcomes.size() < micros.length,
                                        random,
                                        this::await));
            }
            for (Future<Void> client : threads.invokeAll(clients)) {
                client.get();
            }
        }
        return outcomes;
    }

    private interface Condition {
        boolean holds();
    }

    /** Repeats {@code talk} with one node after the other, whenever the last one is lost. */
    private Void whileThereAre(Condition some, Random random, Consumer<TestClient> talk) {
        while (some.holds()) {
            List<DaemonProcess> living = List.copyOf(nodes.living());
            DaemonProcess node = living.get(random.nextInt(living.size()));
            try (TestClient client =
                    TestClient.connect(UnixDomainSocketAddress.of(node.socket()), Encoding.JSON)) {
                while (some.holds()) {
                    talk.accept(client);
                }
            } catch (UncheckedIOException e) {
                ChaosFaults.sleep(20); // it was killed
            }
        }
        return null;
    }

    private void submit(TestClient client) {
        List<String> batch = new ArrayList<>();
        unsubmitted.drainTo(batch, WINDOW);
        int acquired = 0;
        List<String> open = new ArrayList<>(batch);
        try {
            for (String id : batch) {
                inFlight.acquireUninterruptibly();
                acquired++;
                client.send(submission(id));
            }
            for (String id : batch) {
                Reply reply = client.receive(id);
                if (reply.ok()) {
                    open.remove(id);
                    unawaited.add(id);
                } else if (!List.of("CLUSTER_UNAVAILABLE", "SHUTTING_DOWN")
                        .contains(reply.errorCode())) {
                    open.remove(id);
                    end(id, reply);
                }
            }
        } finally {
            unsubmitted.addAll(open);
            inFlight.release(acquired - (batch.size() - open.size()));
            ChaosFaults.sleep(open.isEmpty() ? 0 : 20);
        }
    }

    private Map<String, Object> submission(String id) {
        Map<String, Object> task = task(id, payload);
        task.put("context", micros[numberOf(id)]);
        task.put("detach", true);
        task.put("priority", PRIORITIES.get(numberOf(id) % PRIORITIES.size()));
        if (isOnce(id)) {
            task.put("at_most_once", true);
        }
        return task;
    }

    private void end(String id, Reply reply) {
        outcomes.put(id, reply);
        inFlight.release();
    }

    /** Awaits what was acknowledged, until this node is lost or all is done. */
    private void await(TestClient client) {
        Map<String, Boolean> open = new LinkedHashMap<>();
        try {
            while (outcomes.size() < micros.length) {
                for (String id = next(open); id != null; id = next(open)) {
                    open.put(id, true);
                    client.send(request("await", id));
                }
                if (!client.isSilentFor(Duration.ofMillis(20))) {
                    Reply reply = client.receiveNext();
                    if (!reply.errorCode().equals("SHUTTING_DOWN")
                            && open.remove(reply.taskId()) != null) {
                        end(reply.taskId(), reply);
                    }
                }
            }
        } finally {
            unawaited.addAll(open.keySet());
        }
    }

    private String next(Map<String, Boolean> open) {
        return open.size() < WINDOW * 3 ? unawaited.poll() : null;
    }
}
