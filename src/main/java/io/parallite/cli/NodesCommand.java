package io.parallite.cli;

import static io.parallite.units.Texts.printable;

import io.parallite.cli.Table.Column;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code parallite nodes}: the machines of the cluster and what waits for them. */
@Command(
        name = "nodes",
        header = "List the nodes of the cluster, and what waits for them.",
        description = {
            "Each node with its release, its workers, the tasks it runs for the cluster and since when it"
                    + " was heard of; then each release with the tasks that wait and run. A release that"
                    + " has tasks and no node is marked: nobody runs those."
        },
        footer = {
            "  parallite nodes",
            "  parallite nodes --json | jq '.queues[] | .waiting'",
            "",
            "Exit codes: 0 done; 1 no cluster, or Redis is away; 64 bad arguments; 69 no daemon;"
                    + " 78 bad configuration."
        })
public final class NodesCommand extends DaemonCommand {

    @Override
    int run() throws DaemonException {
        Answer answer = ask("nodes", Map.of());
        if (!answer.isOk()) {
            return refused(answer);
        }
        if (wantsJson()) {
            out().println(answer.raw());
            return ExitCode.OK;
        }
        Node overview = answer.node();
        List<Node> nodes = overview.at("nodes").elements();
        nodes(nodes).lines(Terminal.width()).forEach(out()::println);
        List<Node> queues = overview.at("queues").elements();
        if (!queues.isEmpty()) {
            out().println();
            queues(queues, nodes).lines(Terminal.width()).forEach(out()::println);
        }
        long dead = overview.at("dead").whole();
        if (dead > 0) {
            out().printf("%ndead letters: %d; `parallite dead list` lists them%n", dead);
        }
        return ExitCode.OK;
    }

    private static Table nodes(List<Node> nodes) {
        Table table =
                new Table(
                        Column.giving("NODE"),
                        Column.left("RELEASE"),
                        Column.right("WORKERS"),
                        Column.right("BUSY"),
                        Column.right("TASKS"),
                        Column.right("SEEN"),
                        Column.left("NOTE"));
        for (Node node : nodes) {
            table.add(
                    text(node, "id"),
                    text(node, "release"),
                    String.valueOf(node.at("workers").whole()),
                    String.valueOf(node.at("busy").whole()),
                    String.valueOf(node.at("leases").whole()),
                    DaemonStats.time(node.at("seen_ms")),
                    node.at("draining").isTrue() ? "draining" : "");
        }
        return table;
    }

    private static Table queues(List<Node> queues, List<Node> nodes) {
        Table table =
                new Table(
                        Column.left("RELEASE"),
                        Column.right("WAITING"),
                        Column.right("RUNNING"),
                        Column.left("NOTE"));
        for (Node queue : queues) {
            String release = text(queue, "release");
            boolean isServed =
                    nodes.stream().anyMatch(node -> text(node, "release").equals(release));
            boolean isOrphan = !isServed && queue.at("waiting").whole() > 0;
            table.add(
                    release,
                    String.valueOf(queue.at("waiting").whole()),
                    String.valueOf(queue.at("running").whole()),
                    isOrphan ? "no node has this release" : "");
        }
        return table;
    }

    private static String text(Node node, String field) {
        return printable(node.at(field).text().orElse(""));
    }
}
