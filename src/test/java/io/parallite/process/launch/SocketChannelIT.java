package io.parallite.process.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.deploy.Php;
import io.parallite.engine.VertxEngine;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerTransport;
import io.parallite.process.channel.ReplyLimits;
import io.parallite.process.files.RunDirectory;
import io.parallite.process.files.WorkerGroups;
import io.parallite.process.tree.ProcessReaper;
import io.parallite.wire.Encoding;
import io.parallite.wire.ReadBudget;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The channel to a real PHP process, whose end comes while the engine is busy. */
@DisabledOnOs(OS.WINDOWS)
class SocketChannelIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Says hello, answers one request as often as asked, and ends; reads no more than that. */
    private static final String SCRIPT =
            """
            <?php
            $socket = stream_socket_client(getenv('PARALLITE_WORKER_SOCKET'));
            $pipe = fopen(getenv('PARALLITE_WORKER_PREFETCH') ?: '/dev/null', 'r+');
            $send = fn(array $frame) => fwrite($socket, pack('N', strlen($j = json_encode($frame))) . $j);
            $send(['type' => 'hello', 'token' => getenv('PARALLITE_WORKER_TOKEN'), 'features' => ['prefetch']]);
            $length = unpack('N', fread($socket, 4))[1];
            $count = json_decode(fread($socket, $length))->count;
            for ($i = 0; $i < $count; $i++) {
                $send(['task_id' => "t$i", 'ok' => true, 'result' => str_repeat('x', 5000)]);
            }
            """;

    @TempDir private Path directory;
    private Vertx vertx;
    private VertxEngine engine;
    private RunDirectory run;
    private SocketTransport transport;
    private WorkerCommand command;
    private final Heard heard = new Heard();

    @BeforeAll
    static void needsPhp() {
        Php.assumeUsable();
    }

    @BeforeEach
    void listen() throws Exception {
        vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        engine = new VertxEngine(vertx);
        Path script = Files.writeString(directory.resolve("worker.php"), SCRIPT);
        command = new WorkerCommand("php", List.of(), script, directory, Map.of(), PATIENCE);
        run = RunDirectory.in(directory);
        transport =
                new SocketTransport(
                        engine,
                        new WorkerLauncher(
                                engine,
                                new Unchanged(command),
                                true,
                                ProcessReaper.start(new WorkerGroups(Path.of("/"), () -> run))),
                        run,
                        new ReplyLimits(1 << 20, ReadBudget.UNLIMITED),
                        null);
        CompletableFuture<Void> listening = new CompletableFuture<>();
        engine.execute(
                () ->
                        transport
                                .listen()
                                .subscribe()
                                .with(listening::complete, listening::completeExceptionally));
        listening.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).join();
    }

    private record Unchanged(WorkerCommand command) implements ReleaseSource {
        @Override
        public WorkerTransport.Release find() {
            throw new AssertionError("nothing is reloaded");
        }
    }

    @AfterEach
    void close() {
        onEngine(transport::close).join();
        run.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void deliversRepliesOfAWorkerThatEndedBeforeANoticeWasWritten() {
        WorkerChannel channel = open();

        onEngine(
                        () -> {
                            channel.write(frame(Map.of("count", 6)));
                            awaitEnd(channel.pid());
                            channel.write(frame(Map.of("type", "follow", "task_id", "t0")));
                        })
                .join();

        heard.awaitEnd();
        assertThat(heard.frames).hasSize(6);
    }

    @Test
    void givesBackPrefetchedTasksOfAWorkerThatHasEnded() {
        WorkerChannel channel = open();
        List<byte[]> back = new CopyOnWriteArrayList<>();
        heard.onEnded = () -> back.addAll(channel.takeBack());

        onEngine(
                        () -> {
                            assertThat(channel.prefetch(frame(Map.of("task_id", "next")))).isTrue();
                            channel.write(frame(Map.of("count", 1)));
                            awaitEnd(channel.pid());
                        })
                .join();

        heard.awaitEnd();
        assertThat(heard.frames).hasSize(1);
        assertThat(back).containsExactly(frame(Map.of("task_id", "next")));
    }

    @Test
    void opensItsSocketAnewWhenTheRunDirectoryWasRemoved() throws Exception {
        Path removed = run.path();
        try (Stream<Path> files = Files.walk(removed)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }

        WorkerChannel channel = open();

        assertThat(run.path()).isNotEqualTo(removed).isDirectory();
        onEngine(() -> channel.write(frame(Map.of("count", 1)))).join();
        heard.awaitEnd();
        assertThat(heard.frames).hasSize(1);
    }

    private WorkerChannel open() {
        CompletableFuture<WorkerChannel> opened = new CompletableFuture<>();
        engine.execute(
                () ->
                        transport
                                .open(WorkerName.persistent("w", 1), command, heard)
                                .subscribe()
                                .with(opened::complete, opened::completeExceptionally));
        return opened.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).join();
    }

    private CompletableFuture<Void> onEngine(Runnable action) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        engine.execute(
                () -> {
                    try {
                        action.run();
                        done.complete(null);
                    } catch (Throwable e) {
                        done.completeExceptionally(e);
                    }
                });
        return done;
    }

    private static void awaitEnd(long pid) {
        await().atMost(PATIENCE).until(() -> ProcessHandle.of(pid).isEmpty());
    }

    private static byte[] frame(Map<String, Object> fields) {
        return Encoding.JSON.encode(fields);
    }

    /** What the channel has reported. */
    private static final class Heard implements WorkerChannel.Listener {

        private final List<byte[]> frames = new CopyOnWriteArrayList<>();
        private final CompletableFuture<WorkerExit> ended = new CompletableFuture<>();
        private Runnable onEnded = () -> {};

        @Override
        public void onFrame(byte[] frame) {
            frames.add(frame);
        }

        @Override
        public void onGarbage(String description) {
            throw new AssertionError(description);
        }

        @Override
        public void onEnded(WorkerExit exit) {
            onEnded.run();
            ended.complete(exit);
        }

        void awaitEnd() {
            ended.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).join();
        }
    }
}
