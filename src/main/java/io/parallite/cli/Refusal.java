package io.parallite.cli;

import static io.parallite.units.Texts.printable;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/**
 * How a command reports why it has not done its work: in a line on standard error, or with {@code
 * --json} on standard output as {@code {"ok": false, "error": …, "error_code": …}}.
 *
 * @param spec the command
 * @param json whether {@code --json} is given
 */
record Refusal(CommandSpec spec, boolean json) {

    /** Reports the daemon's refusal; gives its exit code. */
    int by(Answer answer) {
        if (json) {
            spec.commandLine().getOut().println(answer.raw());
        } else {
            spec.commandLine()
                    .getErr()
                    .printf("parallite: %s (%s)%n", printable(answer.error()), answer.errorCode());
        }
        return ExitCode.FAILED;
    }

    /** Prints {@code message}; gives {@code exitCode} back. */
    int print(int exitCode, String errorCode, String message) {
        if (json) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("ok", false);
            answer.put("error", message);
            answer.put("error_code", errorCode);
            spec.commandLine().getOut().println(Json.line(answer));
        } else {
            spec.commandLine().getErr().println("parallite: " + message);
        }
        return exitCode;
    }
}
