package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What tasks write to standard error is theirs, in the log and where it is quoted. */
final class TaskErrorsIT {

    private static final int CLIENTS = 4;
    private static final int TASKS = 100;

    /** A task says this of itself; more than one on a line means that lines were joined. */
    private static final Pattern WORDS = Pattern.compile("\\bsays (\\S+)");

    /** So few that no worker has more to say than is logged in a second. */
    private static final int TASKS_OF_A_WORKER = 10;

    private static final String SAYS =
            """
            function () {
                $id = B7s\\Parallite\\Task::id();
                switch (crc32($id) % 5) {
                    case 0: fwrite(STDERR, "says $id\\n"); break;
                    case 1: fwrite(STDERR, "says $id\\n"); error_log("then says $id"); break;
                    case 2: fwrite(STDERR, "says $id"); break;
                    case 3: exec("printf 'a child says %s\\n' $id >&2"); break;
                    default: file_put_contents('php://stderr', "also says $id, größer \\xF0\\x9F"); break;
                }
                return $id;
            }""";

    private static final String DIES =
            """
            function () {
                $id = B7s\\Parallite\\Task::id();
                fwrite(STDERR, "says $id\\n");
                if (str_ends_with($id, '33')) { posix_kill(getmypid(), SIGKILL); sleep(9); }
            }""";

    private static DaemonBuilder workers(String tasks) {
        return daemon("--fixed-workers", "2", "--max-workers", "2", "--worker-max-tasks", tasks);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fork", "exec", "stdio"})
    void eachLineIsLoggedUnderTheTaskThatWroteIt(String way) {
        String settings =
                way.equals("stdio")
                        ? "{\"worker_transport\": \"stdio\"}"
                        : "{\"worker_start\": \"%s\"}".formatted(way);
        DaemonBuilder builder = workers(Integer.toString(TASKS_OF_A_WORKER)).json(settings);

        try (DaemonProcess daemon = builder.startAtRest()) {
            runAll(daemon, closure(SAYS));

            List<String> lines = spoken(daemon.stop().log());
            assertThat(lines).hasSizeGreaterThan(CLIENTS * TASKS / 2).allMatch(TaskErrorsIT::isOwn);
        }
    }

    @Test
    void aCrashQuotesNoOtherTask() {
        try (DaemonProcess daemon = workers("0").startAtRest()) {
            runAll(daemon, closure(DIES)).stream()
                    .filter(reply -> !reply.ok())
                    .forEach(
                            reply -> {
                                assertThat(reply.errorCode()).isEqualTo("WORKER_CRASHED");
                                assertThat(says(reply.error())).containsExactly(reply.taskId());
                            });
            daemon.assertRestored();
        }
    }

    @Test
    void marksAreNotSeenAmongWhatAChildOfAnEarlierTaskWrites() {
        String leavesChild = closure("function () { exec('(yes | head -c 300000) >&2 &'); }");
        try (DaemonProcess daemon = workers("0").startAtRest();
                TestClient client = daemon.connect()) {
            List<String> ids = List.of("noisy", "a", "b", "c");
            ids.forEach(
                    id -> client.send(task(id, id.equals("noisy") ? leavesChild : closure(SAYS))));
            ids.forEach(id -> client.receive(id).ok());

            assertThat(daemon.stop().log()).doesNotContain("\0", "?").contains("y worker=");
        }
    }

    /** Has each of some clients send tasks without waiting for replies. */
    private static List<Reply> runAll(DaemonProcess daemon, String payload) {
        List<TestClient> clients =
                IntStream.range(0, CLIENTS).mapToObj(i -> daemon.connect()).toList();
        List<Reply> replies = new ArrayList<>();
        for (int task = 0; task < TASKS; task++) {
            for (int client = 0; client < CLIENTS; client++) {
                clients.get(client).send(task(id(client, task), payload));
            }
        }
        for (int client = 0; client < CLIENTS; client++) {
            for (int task = 0; task < TASKS; task++) {
                replies.add(clients.get(client).receive(id(client, task)));
            }
        }
        clients.forEach(TestClient::close);
        return replies;
    }

    private static String id(int client, int task) {
        return "task-" + client + "-" + task;
    }

    private static List<String> spoken(String log) {
        return log.lines().filter(line -> line.contains("says ")).toList();
    }

    private static List<String> says(String text) {
        Matcher matcher = WORDS.matcher(text);
        return matcher.results().map(found -> found.group(1)).toList();
    }

    /** Whether a line is about one task, under whose id it was logged. */
    private static boolean isOwn(String line) {
        List<String> ids = says(line.replaceAll(",? größer.*| worker=.*", ""));
        return ids.size() == 1 && line.endsWith(" task=" + ids.getFirst());
    }
}
