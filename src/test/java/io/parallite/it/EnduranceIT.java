package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What takes long, in order: the last test looks at a connection that was opened before the first,
 * and so does not wait the whole of its minute.
 */
@TestMethodOrder(OrderAnnotation.class)
final class EnduranceIT {

    private static final int MEGABYTE = 1 << 20;
    private static final int CLIENTS = 8;
    private static final int DEPTH = 6;

    private static DaemonProcess daemon;
    private static TestClient old;
    private static long openedAt;

    @BeforeAll
    static void start() {
        daemon = daemon("--fixed-workers", "2", "--max-workers", "5").startAtRest();
        old = daemon.connect();
        old.submit("first-of-old", closure("fn () => 'young'")).assertResult("young");
        openedAt = System.nanoTime();
    }

    @AfterAll
    static void stop() {
        old.close();
        daemon.close();
    }

    @Test
    @Order(1)
    void servesFiveHundredConnections() {
        List<TestClient> clients = new ArrayList<>();
        String payload = closure("fn () => 'served'");
        for (int i = 0; i < 500; i++) {
            clients.add(daemon.connect(i % 2 == 0 ? Encoding.JSON : Encoding.MESSAGE_PACK));
        }

        for (int i = 0; i < 500; i++) {
            clients.get(i).send(task("client-" + i, payload));
        }

        for (int i = 0; i < 500; i++) {
            clients.get(i).receive("client-" + i).assertResult("served");
        }
        clients.forEach(TestClient::close);
        daemon.assertRestored();
    }

    @Test
    @Order(2)
    @DisplayName(
            "Line 1: workers are killed at random moments under load; each task has exactly one answer")
    void answersEachTaskOnceWhileWorkersAreKilled() throws Exception {
        long seed = Long.getLong("it.seed", System.nanoTime());
        System.out.println("answersEachTaskOnceWhileWorkersAreKilled: -Dit.seed=" + seed);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger succeeded = new AtomicInteger();
        Map<String, Integer> failures = new ConcurrentHashMap<>();

        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            Future<Integer> killer = threads.submit(() -> killWorkers(new Random(seed), over));
            List<Callable<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                String name = "killed-" + i;
                clients.add(() -> submitMany(name, succeeded, failures));
            }
            List<Future<Void>> done = threads.invokeAll(clients);
            over.set(true);

            for (Future<Void> client : done) {
                client.get();
            }
            assertThat(killer.get()).as("workers killed").isGreaterThan(10);
        }
        System.out.println("succeeded " + succeeded + ", failed " + failures);
        assertThat(succeeded.get()).isGreaterThan(200);
        // two workers killed in a row while they boot are a failed start
        assertThat(failures.keySet()).isSubsetOf("WORKER_CRASHED", "WORKER_START_FAILED");
        daemon.assertRestoredWithin(Duration.ofMinutes(2));
    }

    private static int killWorkers(Random random, AtomicBoolean over) {
        int killed = 0;
        while (!over.get()) {
            List<Long> workers = daemon.descendants();
            if (!workers.isEmpty()) {
                Processes.signal(workers.get(random.nextInt(workers.size())), "KILL");
                killed++;
            }
            pause(100 + random.nextInt(400));
        }
        return killed;
    }

    /** Keeps a few tasks in flight, and takes exactly one answer to each. */
    private static Void submitMany(
            String name, AtomicInteger succeeded, Map<String, Integer> failures) {
        Encoding encoding = name.hashCode() % 2 == 0 ? Encoding.JSON : Encoding.MESSAGE_PACK;
        long end = System.nanoTime() + Duration.ofSeconds(8).toNanos();
        try (TestClient client = daemon.connect(encoding)) {
            for (int round = 0; System.nanoTime() < end; round++) {
                for (int i = 0; i < DEPTH; i++) {
                    String id = name + "-" + round + "-" + i;
                    client.send(task(id, closure("fn () => usleep(2000) ?? '%d'".formatted(i))));
                }
                for (int i = 0; i < DEPTH; i++) {
                    Reply reply = client.receive(name + "-" + round + "-" + i);
                    if (reply.ok()) {
                        reply.assertResult("" + i);
                        succeeded.incrementAndGet();
                    } else {
                        failures.merge(reply.errorCode(), 1, Integer::sum);
                        pause(reply.errorCode().equals("WORKER_START_FAILED") ? 50 : 0);
                    }
                }
                assertThat(client.isSilentFor(Duration.ofMillis(1)))
                        .as("no second answer")
                        .isTrue();
            }
        }
        return null;
    }

    @Test
    @Order(3)
    @DisplayName("Ten megabytes each way, 32 at once: memory stays within a bound")
    void boundsMemoryWithLargeFramesInFlight() throws Exception {
        try (DaemonProcess daemon =
                daemon("--fixed-workers", "2", "--max-workers", "2").startAtRest()) {
            String large = "0123456789".repeat(MEGABYTE - 1000);
            String reversed = new StringBuilder(large).reverse().toString();

            try (ExecutorService threads = Executors.newFixedThreadPool(32)) {
                List<Callable<Void>> clients = new ArrayList<>();
                for (int i = 0; i < 32; i++) {
                    Encoding encoding = i % 2 == 0 ? Encoding.JSON : Encoding.MESSAGE_PACK;
                    String id = "large-" + i;
                    Map<String, Object> task = task(id, closure("fn ($s) => strrev($s)"));
                    task.put("context", large);
                    // now, for a client that is kept from sending on is disconnected
                    byte[] frame = encoding.encode(task);
                    clients.add(
                            () -> {
                                try (TestClient client = daemon.connect(encoding)) {
                                    Reply reply = client.sendBytes(frame).receive(id);
                                    assertThat(reply.text("result").equals(reversed))
                                            .as("result of " + reply.taskId())
                                            .isTrue();
                                }
                                return null;
                            });
                }
                for (Future<Void> client : threads.invokeAll(clients)) {
                    client.get();
                }
            }

            // the heap may take 512 MB (lib/jvm.options), retained results 64, the JVM itself and
            // the
            // network's slices the rest; without bounds it was 1.8 GB
            assertThat(Processes.memory(daemon.pid(), "VmHWM") / MEGABYTE).isLessThan(768);
            daemon.assertRestored();
        }
    }

    @ParameterizedTest
    @Order(4)
    @ValueSource(strings = {"socket", "stdio"})
    @DisplayName("Line 3: tasks fail with the script's last words, restarts back off, and it heals")
    void backsOffAndHeals(String transport) throws IOException {
        DaemonBuilder builder = daemon("--fixed-workers", "1", "--max-workers", "1");
        String working =
                transport.equals("socket")
                        ? Distribution.php("parallite-worker.php").toString()
                        : Distribution.fault("crashes-on-first").toString();
        builder.file("worker.php", WorkerStartIT.FAILS_AT_FIRST.formatted(transport, working))
                .script(builder.project().resolve("worker.php"));
        var starts = builder.project().resolve("starts");

        try (DaemonProcess daemon = builder.start();
                TestClient client = daemon.connect()) {
            await().until(() -> Files.exists(starts));
            Reply first = client.submit("first", "x");
            long before = Processes.ticks(daemon.pid()) * 10;
            await().until(() -> Files.readAllLines(starts).size() >= 3);

            List<Long> at = Files.readAllLines(starts).stream().map(Long::valueOf).toList();
            assertThat(Duration.ofNanos(at.get(1) - at.get(0))).isGreaterThan(ofSeconds(1));
            assertThat(Duration.ofNanos(at.get(2) - at.get(1))).isGreaterThan(ofSeconds(2));
            first.assertFailure("WORKER_START_FAILED", "the database is on fire", "status 3");
            assertThat(Processes.ticks(daemon.pid()) * 10 - before)
                    .as("ms of CPU")
                    .isLessThan(1500);

            Files.writeString(builder.project().resolve("healthy"), "");
            String payload = transport.equals("socket") ? closure("fn () => 'ok'") : "ok";
            await().until(() -> client.submit("heals-" + System.nanoTime(), payload).ok());
            daemon.awaitRest();
        }
    }

    @Test
    @Order(5)
    @DisplayName("Line 18: out of descriptors it neither spins nor floods its log, and recovers")
    void staysCalmWhenDescriptorsRunOut() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "2")
                                .under("sh", "-c", "ulimit -n 256; exec \"$0\" \"$@\"")
                                .startAtRest();
                TestClient early = daemon.connect()) {
            early.submit("before", Closures.sleep(1)).assertResult("slept");
            List<TestClient> crowd = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                crowd.add(daemon.connect());
            }
            int logged = daemon.log().length();
            long ticks = Processes.ticks(daemon.pid());
            pause(3000);

            assertThat((Processes.ticks(daemon.pid()) - ticks) * 10)
                    .as("ms of CPU")
                    .isLessThan(1000);
            assertThat(daemon.log().length() - logged).as("characters logged").isLessThan(10_000);
            early.submit("meanwhile", Closures.sleep(1)).assertResult("slept");

            crowd.forEach(TestClient::close);
            try (TestClient late = daemon.connect()) {
                late.submit("after", Closures.sleep(1)).assertResult("slept");
            }
            daemon.assertRestored();
        }
    }

    @Test
    @Order(9)
    @DisplayName("Line 11: a connection that is older than a minute is served as on its first day")
    void servesConnectionOlderThanAMinute() {
        String slow = closure("function () { sleep(2); return 'old'; }");
        pause(59_500 - (System.nanoTime() - openedAt) / 1_000_000);

        old.send(task("running over the minute", slow));

        old.receive("running over the minute").assertResult("old");
        assertThat(old.call(request("ping", "still there")).ok()).isTrue();
        daemon.assertRestored();
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(Math.max(0, millis));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
