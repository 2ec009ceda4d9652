package io.parallite.cluster.store;

import io.parallite.task.TaskId;
import io.smallrye.mutiny.Uni;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The operator's view of the cluster: its nodes, queues, dead letters and Redis server. Each method
 * fails with a {@code TaskException} of kind {@code CLUSTER_UNAVAILABLE} while Redis is
 * unreachable. Owned by the engine's thread.
 */
public final class Registry {

    private final RedisLink link;
    private final Scripts scripts;

    /** What is asked over {@code link}. */
    public Registry(RedisLink link, Scripts scripts) {
        this.link = link;
        this.scripts = scripts;
    }

    /** {@code {nodes: [{id, host, …}], queues: [{release, waiting, running, delayed}], dead}}. */
    public Uni<Map<String, Object>> overview() {
        return scripts.run(Script.NODES).map(Registry::overview);
    }

    private static Map<String, Object> overview(ScriptReply reply) {
        long now = reply.at(0).whole();
        Map<String, Object> overview = new LinkedHashMap<>();
        overview.put(
                "nodes", reply.at(1).elements().stream().map(node -> node(node, now)).toList());
        overview.put("queues", reply.at(2).elements().stream().map(Registry::queue).toList());
        overview.put("dead", reply.at(3).whole());
        return overview;
    }

    private static Map<String, Object> queue(ScriptReply queue) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("release", queue.at(0).text());
        figures.put("waiting", queue.at(1).whole());
        figures.put("running", queue.at(2).whole());
        figures.put("delayed", queue.at(3).whole());
        return figures;
    }

    private static Map<String, Object> node(ScriptReply node, long now) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("id", node.at(0).text());
        ScriptReply fields = node.at(1);
        for (int i = 0; i + 1 < fields.size(); i += 2) {
            String name = fields.at(i).text();
            ScriptReply value = fields.at(i + 1);
            switch (name) {
                case "seen" -> figures.put("seen_ms", now - value.whole());
                case "started" -> figures.put("started_at", value.whole());
                case "draining" -> figures.put(name, value.whole() == 1);
                case "host", "version", "release" -> figures.put(name, value.text());
                default -> figures.put(name, value.whole());
            }
        }
        return figures;
    }

    /** The most recent dead letters: {@code [{task_id, error_code, error, node, …}]}. */
    public Uni<List<Map<String, Object>>> deadLetters(int limit) {
        return scripts.run(Script.DEAD, limit).map(Registry::letters);
    }

    /** The dead letter of this id in a list; an empty list when there is none. */
    public Uni<List<Map<String, Object>>> deadLetter(TaskId id) {
        return scripts.run(Script.DEAD, 1, id).map(Registry::letters);
    }

    private static List<Map<String, Object>> letters(ScriptReply reply) {
        return reply.elements().stream().map(Registry::letter).toList();
    }

    private static Map<String, Object> letter(ScriptReply letter) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("task_id", letter.at(0).text());
        fields.put("error_code", letter.at(1).text());
        fields.put("error", letter.at(2).text());
        fields.put("node", letter.at(3).text());
        fields.put("deaths", letter.at(4).whole());
        fields.put("submitted_at", letter.at(5).whole());
        fields.put("died_at", letter.at(6).whole());
        fields.put("release", letter.at(7).text());
        return fields;
    }

    /** Queues a dead letter again; {@code false} when there is none of that id. */
    public Uni<Boolean> retry(TaskId id) {
        return scripts.run(Script.RETRY, id).map(reply -> reply.whole() == 1);
    }

    /** Deletes a dead letter; {@code false} when there is none of that id. */
    public Uni<Boolean> drop(TaskId id) {
        return scripts.run(Script.DROP, id).map(reply -> reply.whole() == 1);
    }

    /** The report of the server. */
    public Uni<ServerReport> inspect() {
        return link.send(Request.cmd(Command.INFO))
                .map(info -> ServerReport.of(String.valueOf(info)));
    }
}
