package io.parallite.cluster.store;

import io.parallite.config.RedisAddress;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Probes a Redis server without a running daemon. Any thread; blocks. */
public final class ServerProbe {

    private ServerProbe() {}

    /**
     * The report of the server.
     *
     * @throws IOException when it has not answered within {@code patience}; the message says why
     */
    public static ServerReport look(
            RedisAddress address, ClusterSettings.Encryption encryption, Duration patience)
            throws IOException {
        Vertx vertx =
                Vertx.vertx(
                        new VertxOptions()
                                .setPreferNativeTransport(true)
                                .setEventLoopPoolSize(1)
                                .setFileSystemOptions(
                                        new FileSystemOptions()
                                                .setFileCachingEnabled(false)
                                                .setClassPathResolvingEnabled(false)));
        try {
            return new RedisClient(vertx, address, encryption)
                    .connect()
                    .compose(connection -> connection.send(Request.cmd(Command.INFO)))
                    .map(info -> ServerReport.of(String.valueOf(info)))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(RedisLink.describe(e.getCause()), e);
        } catch (TimeoutException e) {
            throw new IOException(
                    "it did not answer within %d ms".formatted(patience.toMillis()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            vertx.close();
        }
    }
}
