package io.parallite.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of PHP by which processes of its command line share compiled code: they have no
 * memory in common, so opcache's file cache is what is left. A PHP without opcache ignores them.
 */
public final class CompiledCode {

    private static final String ONLY_FILES = "opcache.file_cache_only=1";

    private CompiledCode() {}

    /** Whether {@code options} say themselves what opcache shall do. */
    public static boolean isConfigured(List<String> options) {
        return options.stream().anyMatch(option -> option.contains("opcache."));
    }

    /**
     * The same options for a process that forks: its shared memory is that of its forks, too. What
     * is in it is compared with the file each time: opcache would do so again when a few seconds
     * have passed on a clock that stands still in a program of the command line.
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
