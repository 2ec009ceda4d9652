package io.parallite.cli;

import static io.parallite.cli.DaemonStats.printable;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/**
 * Shows what comes from a task until its reply, then the reply. Values and output go to standard
 * output, everything about the task to standard error; as JSON, all goes to standard output as it
 * came.
 */
final class TaskFollower {

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean json;

    TaskFollower(PrintWriter out, PrintWriter err, boolean json) {
        this.out = out;
        this.err = err;
        this.json = json;
    }

    /** Follows until the reply. Returns the exit code. */
    int follow(DaemonConnection daemon) throws DaemonException {
        while (true) {
            Answer answer = daemon.receive(null);
            if (!answer.isEvent()) {
                return end(answer);
            }
            if (json) {
                out.println(answer.raw());
            } else {
                show(answer.node());
            }
            out.flush();
        }
    }

    private void show(Node event) {
        switch (event.at("event").text().orElse("")) {
            case "state" -> err.println(printable(event.at("status").text().orElse("")));
            case "progress" -> err.println(TaskText.progress(event));
            case "emit" -> printValue(event.at("value").value());
            default -> {}
        }
    }

    /** Prints a reply. Returns the exit code: the command's own where it was one that ran. */
    int end(Answer answer) {
        Node reply = answer.node();
        Node exitCode = reply.at("result").at("exit_code");
        boolean isCommand = reply.at("result").at("stdout").isPresent() && exitCode.isPresent();
        if (json) {
            out.println(answer.raw());
        } else {
            print(reply.at("output").text().orElse(""), out);
            if (!answer.isOk()) {
                printFailure(answer);
            } else if (isCommand) {
                print(reply.at("result").at("stdout").text().orElse(""), out);
                print(reply.at("result").at("stderr").text().orElse(""), err);
            } else {
                printValue(reply.at("result").value());
            }
        }
        out.flush();
        err.flush();
        if (!answer.isOk()) {
            return ExitCode.FAILED;
        }
        return isCommand ? (int) exitCode.whole() : ExitCode.OK;
    }

    private void printFailure(Answer answer) {
        Node reply = answer.node();
        String type = reply.at("class").text().map(text -> text + ": ").orElse("");
        err.printf("parallite: %s%s (%s)%n", type, printable(answer.error()), answer.errorCode());
        reply.at("file")
                .text()
                .ifPresent(file -> err.printf("  at %s:%d%n", file, reply.at("line").whole()));
        reply.at("trace")
                .text()
                .ifPresent(trace -> trace.lines().forEach(line -> err.println("  " + line)));
    }

    /** A text as it is, anything else as JSON; nothing for null. */
    private void printValue(@Nullable Object value) {
        if (value instanceof String text) {
            print(text.endsWith("\n") ? text : text + System.lineSeparator(), out);
        } else if (value != null) {
            out.println(Json.indented(value));
        }
    }

    private static void print(String text, PrintWriter to) {
        to.print(text);
        to.flush();
    }
}
