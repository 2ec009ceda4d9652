package io.parallite.cli;

import io.parallite.config.Setting;
import io.parallite.units.Texts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code parallite scale}: changes the number of persistent workers. */
@Command(
        name = "scale",
        header = "Keep another number of persistent workers.",
        description = {
            "Starts those that lack, and ends those that are too many once their tasks are done, until the"
                    + " daemon ends or a reload finds another fixed_workers in parallite.json, which is"
                    + " what lasts. No more than max_workers. POOL is one of the pools that are named in"
                    + " parallite.json; without it the default one is meant."
        },
        footer = {
            "  parallite scale 8",
            "  parallite scale reports 2",
            "",
            "Exit codes: 0 it is done; 1 the daemon refuses;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class ScaleCommand extends DaemonCommand {

    @Parameters(arity = "1..2", paramLabel = "[POOL] N", description = "How many, from 0 on.")
    private List<String> words = List.of();

    @Override
    int run() throws DaemonException {
        Map<String, Object> fields = new HashMap<>();
        fields.put("action", "scale");
        fields.put(Setting.FIXED_WORKERS.key(), workers(words.getLast()));
        @Nullable String pool = words.size() > 1 ? words.getFirst() : null;
        if (pool != null) {
            fields.put("pool", pool);
        }
        Answer answer = ask("control", fields);
        return report(
                answer,
                "workers kept from now on%s: %s"
                        .formatted(pool == null ? "" : " in pool " + pool, words.getLast()));
    }

    private int workers(String word) {
        try {
            return Integer.parseInt(word);
        } catch (NumberFormatException e) {
            throw new ParameterException(
                    spec().commandLine(),
                    "\"%s\" is no number of workers; write for example: parallite scale 8"
                            .formatted(Texts.printable(word)));
        }
    }
}
