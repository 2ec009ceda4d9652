package io.parallite.cluster.store;

import io.parallite.task.TaskId;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.List;

/**
 * Runs {@link Script}s over a {@link RedisLink}: by their digest, and by their text when Redis has
 * not loaded them, for example after a restart. Owned by the engine's thread.
 */
public final class Scripts {

    private final RedisLink link;
    private final String prefix;

    /** Scripts for the keys that begin with {@code prefix}. */
    public Scripts(RedisLink link, String prefix) {
        this.link = link;
        this.prefix = prefix;
    }

    /**
     * Runs a script with these arguments: texts, whole numbers and byte arrays. Fails with {@link
     * LinkDownException}, also when Redis refuses, for example because its memory is full.
     */
    Uni<ScriptReply> run(Script script, Object... arguments) {
        return run(script, List.of(arguments));
    }

    /** The same. */
    Uni<ScriptReply> run(Script script, List<?> arguments) {
        return link.send(request(Command.EVALSHA, script.digest(), arguments))
                .onFailure(Scripts::isUnknown)
                .recoverWithUni(() -> link.send(request(Command.EVAL, script.text(), arguments)))
                .onFailure()
                .transform(Scripts::unavailable)
                .map(ScriptReply::new);
    }

    private static boolean isUnknown(Throwable e) {
        return e.getMessage() != null && e.getMessage().startsWith("NOSCRIPT");
    }

    private static Throwable unavailable(Throwable e) {
        return e instanceof LinkDownException ? e : new LinkDownException(RedisLink.describe(e));
    }

    private Request request(Command command, String script, List<?> arguments) {
        Request request = Request.cmd(command).arg(script).arg(1).arg(prefix);
        for (Object argument : arguments) {
            switch (argument) {
                case byte[] bytes -> request.arg(Buffer.buffer(bytes));
                case Number number -> request.arg(number.longValue());
                case TaskId id -> request.arg(id.value()); // toString() shortens it
                default -> request.arg(argument.toString());
            }
        }
        return request;
    }
}
