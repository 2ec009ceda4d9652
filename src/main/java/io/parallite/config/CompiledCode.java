package io.parallite.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of PHP by which processes of its command line share compiled code: they share no
 * memory, so opcache's file cache is used. A PHP without opcache ignores the options.
 */
public final class CompiledCode {

    private static final String ONLY_FILES = "opcache.file_cache_only=1";

    private CompiledCode() {}

    /** Whether {@code options} configure opcache themselves. */
    public static boolean isConfigured(List<String> options) {
        return options.stream().anyMatch(option -> option.contains("opcache."));
    }

    /**
     * The same options for a process that forks: its forks share its memory. Each cached file is
     * compared with the file on each use: otherwise opcache would compare again only after some
     * seconds of a clock that does not advance in a program of the command line.
     */
    public static List<String> sharedWithForks(List<String> options) {
        List<String> all = new ArrayList<>(List.of("-d", "opcache.revalidate_freq=0"));
        for (String option : options) {
            all.add(option.equals(ONLY_FILES) ? "opcache.file_cache_only=0" : option);
        }
        return all;
    }

    /** {@code options}, and before them those for a cache in {@code directory}. */
    public static List<String> in(Path directory, List<String> options) {
        List<String> all = new ArrayList<>();
        all.addAll(List.of("-d", "opcache.enable_cli=1"));
        all.addAll(List.of("-d", ONLY_FILES));
        all.addAll(List.of("-d", "opcache.file_cache=" + directory));
        all.addAll(options);
        return all;
    }
}
