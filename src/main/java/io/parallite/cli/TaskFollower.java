package io.parallite.cli;

import static io.parallite.units.Texts.printable;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * Prints the events of a task until its reply, then the reply. Values and output go to standard
 * output, byte for byte, everything about the task to standard error; as JSON, all frames go to
 * standard output unchanged.
 */
final class TaskFollower {

    private final PrintStream out;
    private final PrintStream err;
    private final boolean json;
    private final boolean showsEvents;
    private final Map<String, Long> shown = new HashMap<>();

    /**
     * @param json whether everything is passed on as it comes
     * @param showsEvents whether states, progress and values are shown, and not output only
     */
    TaskFollower(PrintStream out, PrintStream err, boolean json, boolean showsEvents) {
        this.out = out;
        this.err = err;
        this.json = json;
        this.showsEvents = showsEvents;
    }

    /** Follows until the reply. Returns the exit code. */
    int follow(DaemonConnection daemon) throws DaemonException {
        while (true) {
            Answer answer = daemon.receive(null);
            if (!answer.isEvent()) {
                return end(answer);
            }
            if (json) {
                say(answer.raw(), out);
            } else {
                show(answer.node());
            }
        }
    }

    private void show(Node event) {
        String name = event.at("event").text().orElse("");
        if (name.equals("output")) {
            showOutput(event);
        } else if (showsEvents) {
            switch (name) {
                case "state" -> say(printable(event.at("status").text().orElse("")), err);
                case "progress" -> say(TaskText.progress(event), err);
                case "emit" -> showValue(event, "value");
                default -> {}
            }
        }
    }

    private void showOutput(Node piece) {
        String stream = piece.at("stream").text().orElse("");
        long offset = piece.at("offset").whole();
        if (offset > shown.getOrDefault(stream, 0L)) {
            say("(%d bytes were printed before)".formatted(offset), err);
        }
        shown.put(stream, offset + piece.at("length").whole());
        print(bytes(piece, "data"), stream.equals("stderr") ? err : out);
    }

    /**
     * Prints a reply. Returns the exit code: for a task that ran a command, that of the command.
     */
    private int end(Answer answer) {
        Node reply = answer.node();
        Node result = reply.at("result");
        Node exitCode = result.at("exit_code");
        boolean isCommand = result.at("stdout").isPresent() && exitCode.isPresent();
        if (json) {
            say(answer.raw(), out);
        } else {
            showRest(reply, "output", out);
            if (!answer.isOk()) {
                showFailure(answer);
            } else if (isCommand) {
                showRest(result, "stdout", out);
                showRest(result, "stderr", err);
            } else {
                showValue(reply, "result");
            }
        }
        if (!answer.isOk()) {
            return ExitCode.FAILED;
        }
        return isCommand ? (int) exitCode.whole() : ExitCode.OK;
    }

    /** What has been printed since the last piece came. */
    private void showRest(Node fields, String stream, PrintStream to) {
        byte[] all = bytes(fields, stream);
        int from = (int) Math.min(all.length, shown.getOrDefault(stream, 0L));
        to.write(all, from, all.length - from);
        to.flush();
    }

    private void showFailure(Answer answer) {
        Node reply = answer.node();
        String type = reply.at("class").text().map(text -> printable(text) + ": ").orElse("");
        say(
                "parallite: %s%s (%s)"
                        .formatted(type, printable(answer.error()), answer.errorCode()),
                err);
        reply.at("file")
                .text()
                .ifPresent(
                        file ->
                                say(
                                        "  at %s:%d"
                                                .formatted(
                                                        printable(file), reply.at("line").whole()),
                                        err));
        reply.at("trace")
                .text()
                .ifPresent(
                        trace -> trace.lines().forEach(line -> say("  " + printable(line), err)));
    }

    /**
     * A text or bytes as they are, what PHP has serialized as that, anything else as JSON; nothing
     * for null.
     */
    private void showValue(Node fields, String name) {
        Node value = fields.at(name);
        if (value.text().isPresent()) {
            byte[] bytes = bytes(fields, name);
            print(bytes, out);
            boolean isText = !encoding(fields, name).equals("base64");
            if (isText && (bytes.length == 0 || bytes[bytes.length - 1] != '\n')) {
                say("", out);
            }
        } else if (value.isPresent()) {
            say(Json.indented(value.value()), out);
        }
    }

    /** The bytes of a text, which may be in base64; none when there is no such text. */
    private static byte[] bytes(Node fields, String name) {
        String text = fields.at(name).text().orElse("");
        try {
            return encoding(fields, name).isEmpty()
                    ? text.getBytes(StandardCharsets.UTF_8)
                    : Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    private static String encoding(Node fields, String name) {
        return fields.at(name + "_encoding").text().orElse("");
    }

    private static void say(String line, PrintStream to) {
        print((line + System.lineSeparator()).getBytes(StandardCharsets.UTF_8), to);
    }

    private static void print(byte[] bytes, PrintStream to) {
        to.write(bytes, 0, bytes.length);
        to.flush();
    }
}
